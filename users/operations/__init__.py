"""Every write of accounts, sessions and tokens."""

from users.operations.accounts import (
    EmailTaken,
    delete_address,
    register_user,
    request_mail,
    save_address,
    set_roles,
    tell_registered,
    update_profile,
)
from users.operations.erasing import (
    HasNoPassword,
    LinkOver,
    WrongPassword,
    erase_account,
    erase_by_link,
    erase_by_password,
    read_erase_link,
    send_erase_link,
)
from users.operations.exporting import forget_exports, keep_export_part, request_export
from users.operations.keys import ensure_signing_key, rotate_signing_key
from users.operations.sessions import (
    cached_session_token,
    drop_session_token,
    end_sessions,
    keep_password,
    session_token,
)
from users.operations.tokens import (
    RefreshTokenInvalid,
    TooManyAttempts,
    WrongCredentials,
    forget_spent,
    issue_pair,
    refresh_pair,
    sign_in,
    sign_out,
)

__all__ = [
    "EmailTaken",
    "HasNoPassword",
    "LinkOver",
    "RefreshTokenInvalid",
    "TooManyAttempts",
    "WrongCredentials",
    "WrongPassword",
    "cached_session_token",
    "delete_address",
    "drop_session_token",
    "end_sessions",
    "ensure_signing_key",
    "erase_account",
    "erase_by_link",
    "erase_by_password",
    "forget_exports",
    "forget_spent",
    "issue_pair",
    "keep_export_part",
    "keep_password",
    "read_erase_link",
    "refresh_pair",
    "register_user",
    "request_export",
    "request_mail",
    "rotate_signing_key",
    "save_address",
    "send_erase_link",
    "session_token",
    "set_roles",
    "sign_in",
    "sign_out",
    "tell_registered",
    "update_profile",
]
