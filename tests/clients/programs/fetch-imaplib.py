"""Print the messages of an INBOX. Arguments: host, port, user, password;
plain, starttls or imaps; the CA's certificate."""

import imaplib
import ssl
import sys

host, port, user, password, transport, ca = sys.argv[1:]
if transport == "imaps":
    context = ssl.create_default_context(cafile=ca)
    imap = imaplib.IMAP4_SSL(host, int(port), ssl_context=context, timeout=30)
else:
    imap = imaplib.IMAP4(host, int(port), 30)
if transport == "starttls":
    imap.starttls(ssl.create_default_context(cafile=ca))
imap.login(user, password)
imap.select("INBOX")
for number in imap.search(None, "ALL")[1][0].split():
    print(imap.fetch(number, "(RFC822)")[1][0][1].decode())
imap.logout()
