from celery import shared_task

from backoffice.search import indexing


@shared_task(name="backoffice.search_catches_up")
def search_catches_up() -> int:
    """What search was not told of, such as orders of the past that were read in."""
    return indexing.catch_up()
