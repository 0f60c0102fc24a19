"""A throw-away site: private LDAP, Dovecot and Kerberos servers on loopback.

Standard library only. ../README says how a test is written.
"""

from .client import Client, ProtocolError, follow
from .dovecot import Dovecot, Ldap, PasswdFile, Referral, Static
from .kdc import Kdc
from .pki import Pki
from .process import Timeout, wait_for
from .site import (Site, User, World, pair, refer, referral_settings,
                   with_referral)
from .slapd import Slapd
from .url import Url, parse_url

__all__ = [
    "Client", "Dovecot", "Kdc", "Ldap", "PasswdFile", "Pki", "ProtocolError",
    "Referral", "Site", "Slapd", "Static", "Timeout", "Url", "User", "World",
    "follow", "pair", "parse_url", "refer", "referral_settings",
    "wait_for", "with_referral",
]
