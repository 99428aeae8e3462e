"""What lies outside our database: the picture store, and files on other people's hosts."""

from catalog.clients.feeds import ImportTooLarge, UrlUnreachable, fetch_feed
from catalog.clients.pictures import BadImage, store_image
