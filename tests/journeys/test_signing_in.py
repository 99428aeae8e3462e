"""One person's password costs another nothing."""

from concurrent.futures import ThreadPoolExecutor

import httpx


def open_login(shop):
    browser = httpx.Client(base_url=shop.url, timeout=60)
    browser.get("/users/login/")
    return browser


def send(browser, email, password):
    form = {
        "login": email,
        "password": password,
        "csrfmiddlewaretoken": browser.cookies["csrftoken"],
    }
    return browser.post("/users/login/", data=form)


def test_a_shopper_stays_signed_in_while_others_sign_in(shop):
    alice, bob = shop.info["accounts"]["shoppers"][:2]
    here, *others = (open_login(shop) for _ in range(5))
    assert send(here, **alice).status_code == 302

    with ThreadPoolExecutor(4) as pool:
        logins = [pool.submit(send, other, **bob) for other in others]
        # The gateway keeps nothing of the new session yet: it has to ask.
        answers = [here.get("/orders/").status_code]
        while not all(login.done() for login in logins):
            answers.append(here.get("/orders/").status_code)

    assert set(answers) == {200}
    assert [login.result().status_code for login in logins] == [302] * 4
