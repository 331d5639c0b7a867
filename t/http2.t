# http2.t: the same over HTTP/2, with curl.
use strict;
use warnings;
use lib 't/lib';
use Apache::Test 'have_module';
use File::Temp 'tempdir';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

plan skip_all => 'mod_http2 is not for this MPM' if !have_module('http2');
die "curl with HTTP/2 is missing here\n" if qx(curl --version) !~ /\bHTTP2\b/;

my $page = site('h2') . '/app/page.html';
my $directory = tempdir(CLEANUP => 1);
faults();

# Status, HTTP version, redirects and body of a request.
sub curl {
    my (@arguments) = @_;
    open my $curl, '-|', 'curl', '-s', '--http2-prior-knowledge', '--max-time', '30', '-b', "$directory/jar", '-c', "$directory/jar",
        '-o', "$directory/body", '-w', '%{http_code} %{http_version} %{num_redirects}', @arguments or die "curl: $!\n";
    my ($status, $version, $redirects) = split ' ', do { local $/; <$curl> };
    close $curl;
    open my $in, '<', "$directory/body" or return ($status, $version, $redirects, '');
    local $/;
    return ($status, $version, $redirects, <$in> // '');
}

my @html = ('-H', 'Accept: text/html', '-H', 'Sec-Fetch-Mode: navigate');
my ($status, $version, $redirects, $body) = curl(@html, $page);
is $status, 302, 'a navigation is sent to the provider';
is $version, 2, 'over HTTP/2';

($status, undef, undef, $body) = curl('-H', 'X-Requested-With: XMLHttpRequest', $page);
is $status, 401, 'a script is told';
is JSON::PP::decode_json($body)->{error}, 'login_required', 'in JSON';

# The provider speaks HTTP/1.1 only: its part of the way goes without --http2-prior-knowledge.
my $browser = browser();
my $callback = $browser->until($page, qr{/login/callback});
my %cookies = $browser->cookies;
my $cookie = join '; ', map { "$_=$cookies{$_}" } keys %cookies;
($status, $version) = curl(@html, '-H', "Cookie: $cookie", $callback);
is $status, 302, 'the callback signs in';
($status, $version, undef, $body) = curl(@html, $page);
is $status, 200, 'and the page is there';
is $version, 2, 'over HTTP/2';
like $body, $PROTECTED, 'itself';

# Many streams of one connection see the same session.
my ($id) = map { /\tplusauth\t(\S+)/ ? $1 : () } do { open my $jar, '<', "$directory/jar" or die; <$jar> };
my $codes = qx(node t/lib/streams.mjs '$page' 'plusauth=$id' 20);
is_deeply [split ' ', $codes], [(200) x 20], 'twenty requests at once on one connection';
$codes = qx(node t/lib/streams.mjs '$page' 'plusauth=none' 20);
is_deeply [split ' ', $codes], [(302) x 20], 'and twenty without a session';

# Each cookie in a field of its own, as HTTP/2 allows (RFC 9113 8.2.3).
unlink "$directory/jar";
($status) = curl(@html, '-H', 'Cookie: a=1', '-H', "Cookie: plusauth=$id", $page);
is $status, 200, 'cookies in several fields';

done_testing;
