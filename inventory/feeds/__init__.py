"""Feeds of stock levels: what a WMS, a till, a 3PL or a vendor says that there is, by the API or as a file.

A feed speaks for its places. Each message holds levels: absolute counts of a SKU's units, taken at a moment, in
sequence. They are kept in chunks as they came (intake) and applied chunk by chunk (applying); a chunk's effect and its
outcomes are one transaction, so whoever finds a message half done goes on with it. A level that is not newer than the
last one of its row changes nothing. Units sold or received since the count was taken are not lost. A feed that has
gone silent lowers what its places promise (silence).
"""
