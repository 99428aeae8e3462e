"""The authorisation matrix of a service: every route and method, and the answer for everybody.

A service writes a table and a scene; `AccessMatrix` holds the tests:

    anon   = 401:not_authenticated
    hidden = 404:order_not_found
                                         nobody guest  alice bob    cata fulf supp anal otto
    GET  orders/api/v1/orders/<order_id>/    hidden 200    200   hidden hidden 200  200  hidden 200
    POST,PUT  orders/elsewhere/          403
    rights    orders.order                                          -    v    v    v    v

The line of personas may shorten names. One cell alone is everybody's. A cell is a status; a
refusal also has its problem code (`409:too_late`; 401, 403 and 404 have usual ones, `401:` has
none), a redirect may have its target (`302>/cart/`), `login` is the way to sign in and back, and
`200|302` either. `rights` is the whole admin of a model: view, add, change, delete, or `-`, by
staff role.
"""

from shared.testing.access.caller import Ask, Scene
from shared.testing.access.matrix import AccessMatrix
