# Test.pm: what every test file uses: where the servers are, the misbehaving provider's switchboard,
# the log, and logins.
package PlusAuth::Test;
use strict;
use warnings;
use Apache::Test ();
use Apache::TestRequest ();
use Exporter 'import';
use HTTP::Tiny;
use JSON::PP;
use PlusAuth::Browser;
use Test::More;
use Time::HiRes ();

our @EXPORT = qw(site vars browser faults user provider calls calls_to signed_in login log_mark
    log_since poll json page_text session_cookie login_cookies environment);

# scheme://host:port of a virtual host of extra.conf.in
sub site {
    my ($name) = @_;
    my $config = Apache::Test::config();
    my $vhost = $config->{vhosts}{$name} or die "no virtual host $name\n";
    return "http://localhost:$vhost->{port}";
}

sub vars { return Apache::Test::vars($_[0]) }

sub mpm { return $ENV{PLUSAUTH_MPM} || 'event' }

sub browser {
    return PlusAuth::Browser->new(ca_file => vars('t_logs') . '/ca.pem', @_);
}

# The misbehaving provider. `faults` names those that apply from now on (none: it behaves) and
# forgets the calls so far.
sub faults {
    my @names = @_;
    provider('reset');
    provider('', { faults => \@names });
    return;
}

# Changes claims of its user; without any, all go back to normal.
sub user {
    my (%claims) = @_;
    provider('', { user => %claims ? \%claims : undef });
    return;
}

sub provider {
    my ($path, $body) = @_;
    my $url = 'http://127.0.0.1:' . vars('faulty_port') . '/_control' . ($path ? "/$path" : '');
    my $answer = $path eq 'log' ? HTTP::Tiny->new->get($url)
        : HTTP::Tiny->new->post($url, { content => encode_json($body || {}) });
    die "the misbehaving provider says: $answer->{content}\n" if !$answer->{success};
    return decode_json($answer->{content});
}

# The requests that reached it since `faults`, oldest first, each a hash: method, path, query, headers,
# body, form, status, connection, listener, the token endpoint's answer, and notes on client
# authentication and PKCE.
sub calls { return @{ provider('log') } }

sub calls_to {
    my ($path) = @_;
    return grep { $_->{path} =~ /\Q$path\E$/ } calls();
}

# Signs a browser in at a protected page; the answer that it ends with.
sub login {
    my ($browser, $url) = @_;
    return $browser->visit($url);
}

# Whether a browser may see a protected page without leaving this server.
sub signed_in {
    my ($browser, $url) = @_;
    return $browser->get($url)->code == 200;
}

sub session_cookie {
    my ($browser) = @_;
    my %cookies = $browser->cookies;
    return $cookies{plusauth};
}

sub login_cookies {
    my ($browser) = @_;
    my %cookies = $browser->cookies;
    return grep { /^plusauth-login/ } keys %cookies;
}

# The environment that the CGI program, or the application behind the proxy, saw.
sub environment {
    my ($answer) = @_;
    my $text = $answer->content;
    return $text =~ /^\{/ ? decode_json($text)->{env} : {};
}

sub json {
    my ($answer) = @_;
    return eval { decode_json($answer->content) } || {};
}

# What a reader sees of a page.
sub page_text {
    my ($answer) = @_;
    my $text = $answer->decoded_content;
    $text =~ s/<(style|script)\b.*?<\/\1>//gis;
    $text =~ s/<[^>]*>/ /g;
    my %named = (raquo => "\x{bb}", quot => '"', lt => '<', gt => '>', amp => '&');
    $text =~ s/&(?:#(\d+)|(\w+));/defined $1 ? chr $1 : $named{$2} \/\/ '?'/ge;
    $text =~ s/\s+/ /g;
    return $text;
}

# The error log from a mark on.
sub log_mark { return -s vars('t_logs') . '/error_log' }

sub log_since {
    my ($mark) = @_;
    open my $in, '<', vars('t_logs') . '/error_log' or die "error_log: $!\n";
    seek $in, $mark, 0;
    local $/;
    return <$in> // '';
}

# Tries again until the code gives something true; the last it gave.
sub poll {
    my ($seconds, $code) = @_;
    my $end = Time::HiRes::time() + $seconds;
    my $result;
    while (!($result = $code->()) && Time::HiRes::time() < $end) {
        Time::HiRes::sleep(0.1);
    }
    return $result;
}

1;
