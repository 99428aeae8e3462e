"""Who sits at the provider's dashboard deals alike for the same seed, and misses nobody."""

from tests.resilience.provider import Desk


class Ledger:
    """A provider with so many payments, the last of which is not paid."""

    def __init__(self, payments):
        self._rows = {
            f"pi_{n}": {"captured": 40 * (n + 1) if n + 1 < payments else 0}
            for n in range(payments)
        }

    def sandbox(self, method, path):
        return {"payment_intents": self._rows}


class Noting(Desk):
    def __init__(self, *seat):
        super().__init__(*seat)
        self.calls = []

    def _call(self, method, path, **fields):
        self.calls.append((method, path, fields))
        rows = [{"id": f"du_{n}", "status": "needs_response"} for n in range(40)]
        return {"data": [*rows, {"id": "du_old", "status": "lost"}]} if method == "GET" else {}


def at_work(seed, payments=24):
    desk = Noting(Ledger(payments), seed)
    for _ in range(2):
        desk._refund_some()
        desk._decide_disputes()
    return desk


def test_one_payment_in_twelve_goes_back_in_part_and_one_whole():
    desk = at_work(1)

    refunds = [fields for _, path, fields in desk.calls if path == "refunds"]
    assert refunds == [
        {"payment_intent": "pi_1", "amount": 80},
        {"payment_intent": "pi_6"},
        {"payment_intent": "pi_13", "amount": 100},
        {"payment_intent": "pi_18"},
    ]
    assert (desk.done["part"], desk.done["whole"]) == (2, 2)


def test_each_dispute_is_decided_once_and_some_stay_open():
    desk = at_work(1)

    assert desk.done["won"] + desk.done["lost"] + desk.done["open"] == 40
    assert min(desk.done.values()) > 0
    assert not [path for _, path, _ in desk.calls if "du_old" in path]


def test_the_same_seed_decides_alike():
    assert at_work(3).calls == at_work(3).calls != at_work(4).calls
