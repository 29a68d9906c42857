"""Work that a person asks for and need not wait for: an act on many rows of a list, or a list as a file.

A job is kept in the database with everything that it needs: whoever works on it may be killed at any moment, and
another one goes on where it stopped. `preparing` has the services of people (prepare, start, stop, go on), `running` those of workers.

A bulk action does its rows one by one. The effect of a row and its result are one transaction, so that no row is done
twice and none is forgotten; its owner's permission is asked again at that moment. An export is written piece by piece in
the order of the key, each piece with the place where it ends.
"""

QUEUE = "jobs"
"""Of the broker, with workers of its own: a long export holds up no order."""
