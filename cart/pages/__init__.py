"""Cart and checkout in the browser, one page a file. Everything works by plain forms."""

from cart.pages.cart import add_item, badge, change_coupon, change_item, show_cart
from cart.pages.checkout import check_out, form_out_of_date
