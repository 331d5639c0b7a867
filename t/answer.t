# answer.t: answers of the provider that come in a JWT (JARM) or by POST (OAuth 2.0 Form Post Response Mode;
# attacks 11 to 17 and 51).
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $jarm = PlusAuth::Site->new('jarm', config => "PlusAuthResponse jwt\nPlusAuthSigningAlgs RS256\n"
    . "PlusAuthClientKey @{[vars('t_logs')]}/encrypted-rsa.pem\n")->start;
my $posted = PlusAuth::Site->new('posted', modules => ['reqtimeout'], config =>
    "PlusAuthResponse form_post\nRequestReadTimeout header=0 body=2\n")->start;

accepted undef, 'an answer in a JWT', [], site => $jarm;
accepted undef, 'an answer in an encrypted JWT', 'jwe.rsa', site => $jarm;
accepted 39, 'Keycloak: an answer in a JWT with iss twice, of one value', 'jarm.iss_again', site => $jarm;
refused undef, 'an answer encrypted to a key that is not here', 'jwe.other_key', site => $jarm, status => 400,
    uncalled => '/oauth2/token', log => qr/cannot be read: .*does not open/;
my $wrong_jwt = qr/JARM response|no login of this browser/;
refused_all { site => $jarm, status => 400, called => '/authorize', uncalled => '/oauth2/token' },
    [15, 'a plain code where JARM was asked for', 'jarm.plain', log => qr/plain answer|no login/],
    [11, 'a JWT twice', 'jarm.twice'],
    [11, 'code and error in a JWT', 'jarm.code_and_error', log => qr/both code and error/],
    [11, 'a JWT without a code', 'jarm.code_absent'],
    [11, 'a JWT whose code is a number', 'jarm.code_number'],
    (map { [16, "JARM: $_->[0]", $_->[1], log => $_->[2]] }
        ['alg none', 'jws.alg_none', qr{cannot be read: .*without a signature}],
        ['no signature', 'jws.two_parts_dot', qr/cannot be read: .*without a signature/],
        ['a code with a NUL', 'jarm.code_nul', qr/NUL/],
        ['an error with a NUL beside a code', 'jarm.error_nul', qr/NUL/],
        ['iss twice with different values', 'jarm.iss_twice', qr/cannot be read: .*twice/],
        ['HS256 keyed with the public key', 'jws.hs256_rsa_pem', $wrong_jwt],
        ['HS256 keyed with the client secret', 'jws.hs256_secret', qr/\balg\b/],
        ['ES256 where RS256 is pinned', 'jws.genuine_ES256', qr/\balg\b/],
        ['signed by somebody else', 'jws.attacker', qr/signature/],
        ['signed by somebody else, jwk in the header', 'jws.header_jwk', qr/signature/],
        ['a kid that nobody knows', 'jws.kid_unknown', qr/key/],
        ['the kid of another key', 'jws.kid_other', qr/key/],
        ['claims changed after signing', 'jws.payload_swapped', qr/signature/],
        ['iss of another provider', 'claims.iss_other', qr/\biss\b/],
        ['iss with a slash', 'claims.iss_slash', qr/\biss\b/],
        ['no iss', 'jarm.iss_absent', qr/\biss\b/],
        ['aud of another client', 'claims.aud_other', qr/\baud\b/],
        ['no aud', 'claims.aud_missing', qr/\baud\b/],
        ['exp past', 'claims.exp_past', qr/\bexp\b/],
        ['no exp', 'claims.exp_missing', qr/\bexp\b/],
        ['exp a string', 'claims.exp_string', qr/\bexp\b/],
        ['exp a day ahead', 'jarm.exp_day', qr/\bexp\b/],
        ['state of nobody', 'jarm.state_other', qr/no login/],
        ['state a number', 'jarm.state_number', qr/no login/],
        ['no state', 'jarm.state_absent', qr/no login/]),
    # One that was genuine elsewhere: the provider has just given the first.
    (map { [17, "in place of a JARM response: $_->[0]", $_->[1], log => $_->[2]] }
        ['the ID token of the login before', 'jarm.id_token', qr/no login/],
        ['an ID token with this state', 'jarm.id_token_with_state', qr/another kind/],
        ['a token with at_hash', 'jarm.at_hash', qr/another kind/],
        ['a logout token with this state', 'jarm.logout_token', qr/another kind/],
        ['a request object with this state', 'jarm.request_object', qr/another kind/]),
    (map { [51, "an encrypted JARM response: $_->[0]", "jwe.$_->[1]"] }
        ['RSA1_5', 'rsa1_5'], ['its tag changed', 'tag_changed'], ['deflated', 'zip'],
        ['unsigned inside', 'inner_unsigned'], ['of somebody else', 'inner_attacker']);

subtest 'attack 12: an answer in the query where it was to be posted' => sub {
    faults();
    my $browser = browser();
    my $url = URI->new($browser->until($posted->page, qr{/login/callback}));
    my $mark = $posted->log_mark;
    is $browser->clone->get($url->as_string)->code, 400, 'refused';
    like $posted->log_since($mark), qr/refused: an answer in the query/, 'and the log says why';
    is scalar calls_to('/oauth2/token'), 0, 'no request to the token endpoint';
};

subtest 'an answer by POST from another site, as it was asked for' => sub {
    faults();
    my $browser = browser();
    my %answer = URI->new($browser->until($posted->page, qr{/login/callback}))->query_form;
    my $answer = $browser->post($posted->url('/login/callback'), \%answer, site => 'cross-site');
    is $answer->code, 303, 'taken, without a cookie';
    unlike $answer->header('Location'), qr/\Q$answer{code}\E/, 'and its code is in no URL';
    is $browser->visit($answer->header('Location'))->code, 200, 'signed in';
};

subtest 'attack 13: a POST that is no form' => sub {
    faults();
    my $url = $posted->url('/login/callback');
    my $form = 'application/x-www-form-urlencoded';
    for my $case (['text/plain', 'code=a&state=b'], ['application/json', '{"code":"a","state":"b"}'],
        ['multipart/form-data; boundary=x', "--x\r\nContent-Disposition: form-data; name=code\r\n\r\na\r\n--x--\r\n"],
        [undef, 'code=a&state=b'], [$form, ''], [$form, 'code=%zz'], [$form, 'code=a%00'], [$form, 'code=a&code=b'],
        [$form, 'code=' . 'c' x 65536], [$form, join '&', map { "x$_=1" } 1 .. 1000]) {
        my ($type, $body) = @$case;
        my $answer = browser()->request('POST', $url, [defined $type ? ('Content-Type' => $type) : ()], $body);
        like $answer->code, qr/^4\d\d$/, ($type // 'no type') . ', ' . length($body) . ' bytes: ' . $answer->code;
    }
    my $left = 160;
    my $answer = browser()->request('POST', $url, ['Content-Type' => $form],
        sub { return $left-- > 0 ? 'x' x 65536 : '' });
    # LWP gives 500 for a connection that ends while it still sends.
    ok $answer->code =~ /^4\d\d$/ || $answer->header('Client-Warning'), '10 MB in chunks: ' . $answer->code;
    is scalar calls(), 0, 'the provider hears of none';
};

# The deadline is httpd's own, of mod_reqtimeout.
subtest 'attack 13: a POST that never ends' => sub {
    my ($port) = $posted->url =~ /:(\d+)$/;
    my @slow = map { IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port") or die "connect: $!\n" } 1 .. 4;
    print {$_} "POST /login/callback HTTP/1.1\r\nHost: localhost:$port\r\n"
        . "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncode=a" for @slow;
    is browser()->visit($posted->page =~ s/app/open/r)->code, 404, 'others are served meanwhile';
    for my $socket (@slow) {
        my $answer = do { local $/; <$socket> } // '';
        like $answer, qr{^(?:HTTP/1\.1 4\d\d |$)}, 'refused: ' . substr $answer, 0, 12;
    }
};

done_testing;
