"""A person's own pages. Signing in, up and out are allauth's, in our templates."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared.auth.tokens import verify_access_token
from shared.storefront.caching import own, personal
from users import operations, queries
from users.forms import AddressBookForm, ConfirmPasswordForm, ProfileForm
from users.models import User

PROFILE = "/users/profile/"


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    form = ProfileForm(request.POST or None, instance=User.objects.get(pk=user.pk))
    if request.method == "POST" and form.is_valid():
        operations.update_profile(user_id=user.pk, name=form.cleaned_data["name"])
        _forget_token(request)
        messages.success(request, "Saved.")
        return HttpResponseRedirect(PROFILE)
    context = {
        "form": form,
        "account": user,
        "addresses": queries.list_addresses(user.pk),
        "verified": user.email in queries.list_proved_emails(user.pk),
    }
    return render(request, "users/profile.html", context)


def _forget_token(request: HttpRequest) -> None:
    """What the token says has changed: the next request gets a new one."""
    operations.drop_session_token(session_key=request.session.session_key or "")


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def edit_address(request: HttpRequest, address_id: UUID | None = None) -> HttpResponse:
    user = _user(request)
    address = queries.get_address(user.pk, address_id) if address_id else None
    initial = model_to_dict(address) if address else {"name": user.name, "country": ""}
    is_update = "update" in request.POST
    form = AddressBookForm(
        request.POST or None, initial=initial, use_required_attribute=not is_update
    )
    if is_update:
        form.full_clean()
        form.errors.clear()
    elif request.method == "POST" and form.is_valid():
        operations.save_address(user_id=user.pk, address_id=address_id, **form.cleaned_data)
        messages.success(request, "The address is saved.")
        return HttpResponseRedirect(PROFILE)
    return render(request, "users/address.html", {"form": form, "address_id": address_id})


@require_POST
@personal
@login_required
def delete_address(request: HttpRequest, address_id: UUID) -> HttpResponse:
    operations.delete_address(user_id=_user(request).pk, address_id=address_id)
    messages.success(request, "The address is gone.")
    return HttpResponseRedirect(PROFILE)


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def export(request: HttpRequest) -> HttpResponse:
    """Asks every service for what it keeps of the person, and says when all have answered."""
    if request.method == "POST":
        operations.request_export(user_id=_user(request).pk, now=timezone.now())
        return HttpResponseRedirect("/users/export/")
    return render(request, "users/export.html", {"export": queries.export_person(_user(request))})


@require_safe
@personal
@login_required
def export_file(request: HttpRequest) -> HttpResponse:
    """What has come so far."""
    response = JsonResponse(queries.export_person(_user(request)))
    response["Content-Disposition"] = 'attachment; filename="souk-account.json"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@personal
@login_required
def erase(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if not user.has_usable_password():
        return _erase_by_mail(request, user)
    form = ConfirmPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _erases(request, user, form):
        logout(request)
        return HttpResponseRedirect("/")
    return render(request, "users/erase.html", {"form": form})


def _erases(request: HttpRequest, user: User, form: ConfirmPasswordForm) -> bool:
    try:
        password = form.cleaned_data["password"]
        operations.erase_by_password(user_id=user.pk, password=password, now=timezone.now())
    except operations.WrongPassword:
        form.add_error("password", "That is not your password.")
        return False
    _forget_token(request)
    return True


def _erase_by_mail(request: HttpRequest, user: User) -> HttpResponse:
    """For who signed up by a provider and has no password to ask for."""
    if request.method == "POST":
        operations.send_erase_link(user_id=user.pk)
        messages.success(request, f"The link is on its way to {user.email}.")
        return HttpResponseRedirect(PROFILE)
    return render(request, "users/erase.html", {"form": None})


@require_http_methods(["GET", "HEAD", "POST"])
@personal
def confirm_erasure(request: HttpRequest, token: str) -> HttpResponse:
    """Where the mailed link leads. Only its button erases: programs open links, too."""
    try:
        account = operations.read_erase_link(token=token)
        if request.method == "POST":
            operations.erase_by_link(token=token, now=timezone.now())
            logout(request)
            return HttpResponseRedirect("/")
    except operations.LinkOver:
        return render(request, "users/erase_confirm.html", {"account": None}, status=410)
    return render(request, "users/erase_confirm.html", {"account": account})


@require_safe
@personal
def choose_address(request: HttpRequest) -> HttpResponse:
    """A fragment of the checkout: the address book, each entry a button that fills the form.
    Nothing for a stranger, whose session may just have ended."""
    known = request.user.is_authenticated
    addresses = queries.list_addresses(_user(request).pk) if known else []
    return render(request, "users/choose_address.html", {"addresses": addresses})


@require_safe
@own
def menu(request: HttpRequest) -> HttpResponse:
    """The header's account menu. In every page of whoever has signed in, so without a query
    where the gateway was given a token for the session lately."""
    key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
    token = operations.cached_session_token(session_key=key) if key else None
    if token is not None:
        who = verify_access_token(token)
        return render(request, "users/menu.html", {"name": who.name, "is_staff": who.is_staff})
    if not request.user.is_authenticated:
        return render(request, "storefront/account_link.html")
    user = _user(request)
    context = {"name": user.name or user.email, "is_staff": user.is_staff}
    return render(request, "users/menu.html", context)
