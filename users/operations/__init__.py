"""Every write of accounts, sessions and tokens."""

from users.operations.accounts import (
    AccountErased,
    EmailTaken,
    delete_address,
    publish_changed,
    publish_pending,
    publish_registered,
    register_user,
    request_mail,
    save_address,
    set_active,
    set_roles,
    store_former_address,
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
from users.operations.exporting import forget_exports, request_export, store_export_part
from users.operations.keys import ensure_signing_key, rotate_signing_key
from users.operations.sessions import (
    cached_session_token,
    change_password,
    drop_session_token,
    end_sessions,
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
