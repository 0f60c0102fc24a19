# Print the messages of an INBOX with Mail::IMAPClient. Arguments: host, port,
# user, password.
use strict;
use warnings;
use Mail::IMAPClient;

my ($host, $port, $user, $password) = @ARGV;
my $imap = Mail::IMAPClient->new(Server => $host, Port => $port,
	User => $user, Password => $password, Timeout => 30)
	or die "login: $@\n";
$imap->select("INBOX") or die "select: $@\n";
print $imap->message_string($_) for $imap->messages;
$imap->logout;
