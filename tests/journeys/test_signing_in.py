"""One person's password costs another nothing."""

import threading

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
    logins = [threading.Thread(target=send, args=(other, *bob.values())) for other in others]
    for login in logins:
        login.start()

    # The gateway keeps nothing of the new session yet: it has to ask.
    answer = here.get("/orders/")
    were_busy = any(login.is_alive() for login in logins)
    for login in logins:
        login.join()

    assert (answer.status_code, were_busy) == (200, True)
