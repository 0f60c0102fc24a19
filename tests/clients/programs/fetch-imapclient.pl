# Print the messages of an INBOX with Mail::IMAPClient. Arguments: host, port,
# user, password; plain, starttls or imaps; the CA's certificate.
use strict;
use warnings;
use Mail::IMAPClient;

my ($host, $port, $user, $password, $transport, $ca) = @ARGV;
my @tls = (SSL_ca_file => $ca, SSL_verifycn_scheme => "imap",
	SSL_verifycn_name => $host);
my %how = (plain => [], starttls => [Starttls => \@tls],
	imaps => [Ssl => \@tls]);
my $imap = Mail::IMAPClient->new(Server => $host, Port => $port,
	User => $user, Password => $password, Timeout => 30,
	@{$how{$transport}})
	or die "login: $@\n";
$imap->select("INBOX") or die "select: $@\n";
print $imap->message_string($_) for $imap->messages;
$imap->logout;
