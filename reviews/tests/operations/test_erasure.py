from shared.testing.erasure import DORA, ERASED, assert_forgets
from shared.testing.events import deliver
from shared.testing.exporting import exported


def erase():
    deliver(ERASED)


def test_nothing_of_an_erased_person_is_left(reviewed):
    review = reviewed(DORA)

    assert_forgets(erase)

    review.refresh_from_db()
    assert (review.customer_id, review.author_name, review.rating) == (None, "", 5)


def test_the_export_tells_a_persons_reviews_and_nobody_elses(reviewed):
    reviewed(DORA, rating=4)
    reviewed()

    assert [row["rating"] for row in exported()["reviews"]] == [4]
