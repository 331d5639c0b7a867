# discovery.t: what a provider says of itself, and whether it is there (OpenID Connect Discovery 1.0,
# attacks 29, 30, 53, 54).
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $site = site('attack');

# Nothing is known of a provider whose document cannot be used: 503, and try again later.
my $refusal = qr/^50[234]$/;
my @required = qw(issuer authorization token jwks_uri);
refused_all { status => $refusal, uncalled => ['/authorize', '/oauth2/token'],
        called => '/.well-known/openid-configuration' },
    (map { my ($number, $name, $fault, @own) = @$_; [$number, $name, [], at => "discovery.$fault", @own] }
        [53, 'another issuer', 'issuer_other', log => qr{issuer is https://evil\.example, .*/i/discovery\.issuer_other .*PlusAuthIssuer}],
        [53, 'the issuer with a slash more', 'issuer_slash'],
        [53, 'a redirect to another host', 'redirect_other'],
        [53, 'a redirect to a link-local address', 'redirect_link_local'],
        [53, 'a redirect to a file', 'redirect_file'],
        (map { [53, "$_ missing", "missing_$_"] } @required),
        (map { [53, "$_ a number", "number_$_"] } @required),
        (map { [53, "$_ an array", "array_$_"] } @required),
        (map { [53, "$_ empty", "empty_$_"] } @required),
        [53, 'userinfo_endpoint a number', 'userinfo_number'],
        [53, 'an authorization endpoint that is a script', 'javascript'],
        [53, 'a jwks_uri that is a file', 'file'],
        [53, 'a token endpoint with credentials', 'credentials'],
        [53, 'an authorization endpoint with a line end', 'newline'],
        [30, 'http to another host', 'remote_http'],
        [53, 'HTML', 'html'],
        [53, 'an empty document', 'empty'],
        [53, 'an array', 'array'],
        [53, 'half a document', 'truncated'],
        [53, 'a member said twice', 'duplicate'],
        [53, 'ten thousand levels', 'deep'],
        [53, '50 MB', 'huge'],
        [53, 'status 404', 'status_404'],
        [53, 'status 500', 'status_500'],
        [53, 'no answer', 'hang'],
        [53, 'the connection is reset', 'reset']);

refused_all { status => $refusal, uncalled => ['/authorize', '/oauth2/token', '/.well-known/openid-configuration'] },
    (map { [29, "the provider's certificate: $_->[0]", [], at => "tls_$_->[1]"] }
        ['self-signed', 'self_signed'], ['expired', 'expired'], ['for another host', 'wrong_host'],
        ['TLS 1.1 at most', 'tls10']);

refused_all { status => $refusal, uncalled => ['/authorize', '/oauth2/token'] },
    (map { [30, "http $_ endpoint of an https issuer", [], at => "tls_http_$_"] }
        qw(authorization token jwks userinfo));

# The provider itself is fine, and so is its document: only one of its endpoints cannot be trusted.
my %behind = (token => '/oauth2/token', jwks => '/jwks', userinfo => '/oidc/userinfo');
for my $certificate (qw(self_signed expired wrong_host tls10)) {
    refused_all { status => 502, called => '/authorize' },
        (map { [29, "the certificate of the $_ endpoint: $certificate", [], at => "discovery.${certificate}_$_",
            uncalled => [$behind{$_}]] } sort keys %behind);
}

for my $certificate (qw(self_signed expired wrong_host tls10)) {
    refused 29, "the certificate of the PAR endpoint: $certificate", [], at => "discovery.${certificate}_pushed",
        status => 502, uncalled => ['/oauth2/par', '/authorize'];
}

accepted 29, 'a certificate by the CA of PlusAuthCAFile', [], at => 'tls_good';
accepted 53, 'a document with nothing but what it must have', [], at => 'discovery.minimal';

# A listener whose queue is full: the kernel drops what would open another connection.
subtest 'attack 28: a connection that never comes about' => sub {
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "no free port: $!\n";
    my $port = $listener->sockport;
    my @waiting = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Blocking => 0) } 1 .. 8;
    ok !IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 1), 'nobody gets through';
    my $hanging = PlusAuth::Site->new('hanging', config =>
        "PlusAuthIssuer http://127.0.0.1:$port\nPlusAuthHTTPTimeout 300ms 2s\n")->start;
    my $answer = browser()->get($hanging->page);
    is $answer->code, 503, 'an error page';
    like $answer->header('Retry-After'), qr/^\d+$/, 'with Retry-After';
    like $hanging->log_since(0), qr/127\.0\.0\.1:$port: PlusAuthHTTPTimeout has passed/,
        'the log says that it took too long, and which directive says how long';
    ok $answer->decoded_content !~ $PROTECTED, 'and nothing is shown';
};

subtest 'attack 54: a provider that is down, then up: no restart is needed' => sub {
    faults();
    my $page = site('flaky') . '/app/page.html';
    my $browser = browser();
    my $answer = $browser->get($page);
    like $answer->code, qr/^50[23]$/, 'down: an error page';
    ok $answer->decoded_content !~ $PROTECTED, 'that shows nothing';
    my $again = $browser->get($page);
    is $again->code, 503, 'asked again at once: 503';
    like $again->header('Retry-After'), qr/^\d+$/, 'with Retry-After';
    is $browser->get(site('flaky') . '/open/sorry.html')->code, 200, 'what is not protected is served';
    provider('', { open => ['flaky'] });
    ok poll(30, sub { $browser->get($page)->code == 302 }), 'up: it recovers by itself';
    is $browser->visit($page)->code, 200, 'and logins work';
};

subtest 'attack 54: a provider that goes down later: its document is still known' => sub {
    my $page = site('flaky') . '/app/page.html';
    my $signed_in = browser();
    is $signed_in->visit($page)->code, 200, 'a session';
    my $browser = browser();
    my $callback = $browser->until($page, qr{/login/callback});
    provider('', { close => ['flaky'] });
    ok signed_in($signed_in, $page), 'who is signed in does not notice';
    is browser()->get($page)->code, 302, 'a login begins';
    is $browser->get($callback)->code, 502, 'one under way ends with a page that says so';
    provider('', { open => ['flaky'] });
    is browser()->visit($page)->code, 200, 'up again: it works at once';
};

subtest 'a burst of visitors makes one fetch of the document' => sub {
    faults();
    my $page = "$site/p/renewal/page.html";
    my @pids = map {
        my $pid = fork // die;
        if (!$pid) {
            my $code = browser()->get($page)->code;
            require POSIX;
            POSIX::_exit($code == 302 ? 0 : 1);
        }
        $pid;
    } 1 .. 8;
    my $good = grep { waitpid($_, 0); $? == 0 } @pids;
    is $good, 8, 'all are sent to the provider';
    is scalar calls_to('/.well-known/openid-configuration'), 1, 'one fetch';
};

done_testing;
