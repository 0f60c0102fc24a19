"""Print the messages of an INBOX. Arguments: host, port, user, password."""

import imaplib
import sys

host, port, user, password = sys.argv[1:]
imap = imaplib.IMAP4(host, int(port), 30)
imap.login(user, password)
imap.select("INBOX")
for number in imap.search(None, "ALL")[1][0].split():
    print(imap.fetch(number, "(RFC822)")[1][0][1].decode())
imap.logout()
