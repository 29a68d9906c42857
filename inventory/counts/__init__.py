"""Cycle counts: people say what really lies at a place, bin by bin, without being shown what the books say.

A count is of some bins or articles of a place. Somebody takes a bin, counts what lies in it, and says that it is done.
Each line is then compared with the books as they stood at the moment at which it was counted, so that what was sold or
picked since is no difference. A small difference is posted at once, a larger one is counted again by somebody else and,
if it stays, waits for somebody who has counted none of it to approve it.
"""
