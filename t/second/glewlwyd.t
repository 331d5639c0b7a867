# glewlwyd.t: the main flows with a provider that this project did not write: glewlwyd, from Debian's package,
# set up as its administrator would. `make test-glewlwyd` runs it, `make test` does not.
#
# What glewlwyd 2.7.5 does not do, or does in another way than the specifications say:
# - A client assertion must be for the URL of the endpoint it is sent to. This module's are for the issuer, as
#   FAPI 2 and the revision of RFC 7523 want it. So private_key_jwt and client_secret_jwt end in a refusal here,
#   one that comes after the signature was found to be right, which is what is tested.
# - Who fails to authenticate at the token endpoint gets a 403 that says unauthorized_client or nothing, and never
#   invalid_client (RFC 6749 section 5.2), so that the log cannot say what to change.
# - The user name and password of HTTP Basic are not form-decoded (RFC 6749 section 2.3.1): a secret must have
#   no characters that need encoding.
# - The page of form_post has its values URL-encoded, which the browser does once more: its iss is wrong, until
#   the test mends it. (The code and the state have no characters that would be encoded.)
# - The answer of JARM is as good as long as access tokens are, and this module takes 15 minutes at most; it is
#   signed with the default key, by the algorithm that the client asks for even where that key's `alg` is another.
# - The at_hash beside an EdDSA signature is not of SHA-512, which is Ed25519's hash; it is refused.
# - ID tokens are not encrypted to P-521 keys. Of those encrypted by ECDH-ES to others, one in a hundred cannot be
#   opened: librhonabwy drops leading zeros of its ephemeral key's coordinates and of the agreed secret (RFC 7518
#   sections 4.6.2 and 6.2.1.2 keep them). Such a login is tried again.
# - Logout tokens have no exp, as in draft 6 of Back-Channel Logout; it is required now, and they are refused.
# - What is pushed (PAR) loses its response_mode; the client has to be registered with one.
# - self_signed_tls_client_auth fails when glewlwyd itself speaks TLS; its documentation says so.
use strict;
use warnings;
use lib 't/lib';
use JSON::PP;
use MIME::Base64 'decode_base64url';
use PlusAuth::Glewlwyd;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $site = PlusAuth::Site->new('glewlwyd');
my $glewlwyd = PlusAuth::Glewlwyd->start($site->url) or die "no glewlwyd here: make test-glewlwyd installs it\n";
my $files = vars('t_logs') . '/financial.d';

# What is registered of our keys, by the algorithm that each is for.
my %jwks = map { $_->{client_id} =~ /^key-(\w+)/ ? ($1 => $_->{jwks}) : () }
    @{ decode_json(do { local (@ARGV, $/) = "$files/clients.json"; <> }) };

my $secret = "PlusAuthClientSecret $PlusAuth::Glewlwyd::SECRET";
my $basic = "PlusAuthClientAuth client_secret_basic\n$secret";
my $by_tls = "PlusAuthClientAuth tls_client_auth\nPlusAuthClientCert $files/known.pem";
my %tls = (token_endpoint_auth_method => ['tls_client_auth'], tls_client_auth_san_dns => 'client.test');
# A pushed request object authenticates the client too, which is a method to be registered.
my %signs = (token_endpoint_auth_method => [qw(client_secret_basic tls_client_auth private_key_jwt)],
    jwks => $jwks{ES256}, request_object_signing_alg => 'ES256');
my %bound = (dpop_bound_access_tokens => '1');

sub key { return "PlusAuthClientKey $files/$_[0].pem $_[0]" }

# What the site is configured with, besides.
my $config = qq(AliasMatch "^/f/[^/]+/(\\w+\\.html)\$" "@{[vars('documentroot')]}/app/\$1"\n);

# A client, registered and configured.
sub client {
    my ($name, $registered, @directives) = @_;
    $glewlwyd->client($name, %$registered);
    $config .= join "\n", "<PlusAuthProvider $name>", 'PlusAuthIssuer ' . $glewlwyd->issuer, "PlusAuthClientID $name",
        "PlusAuthCAFile $files/ca.pem", @directives, '</PlusAuthProvider>',
        qq(<Location "/f/$name">), 'AuthType PlusAuth', 'Require valid-user', "PlusAuthProvider $name", "</Location>\n";
    return;
}

client(basic => {}, $basic);
client(post => { token_endpoint_auth_method => ['client_secret_post'] }, $secret,
    'PlusAuthClientAuth client_secret_post');
client(auto => {}, $secret);
client(public => { confidential => JSON::PP::false, client_secret => '' }, 'PlusAuthClientAuth none');
client(tls => \%tls, $by_tls);
# Only who may use client_credentials may revoke tokens there.
client(leaving => { authorization_type => [qw(code refresh_token client_credentials)], scope => ['openid'] }, $basic);
client(front => { frontchannel_logout_uri => $site->url('/logout/frontchannel'),
    frontchannel_logout_session_required => 'true' }, $basic);
client(back => { backchannel_logout_uri => $site->url('/logout/backchannel'),
    backchannel_logout_session_required => 'true' }, $basic);
client('wrong-secret', { client_secret => 'another' }, $basic);
client('wrong-tls', \%tls, 'PlusAuthClientAuth tls_client_auth', "PlusAuthClientCert $files/other.pem");

my %keys = (RS256 => 'rsa', PS256 => 'rsa', ES256 => 'p256', ES384 => 'p384', ES512 => 'p521', EdDSA => 'ed25519');
for my $alg (sort keys %keys) {
    client("key-$alg", { token_endpoint_auth_method => ['private_key_jwt'], token_endpoint_signing_alg => $alg,
        jwks => $jwks{$alg} }, "PlusAuthClientAuth private_key_jwt $alg", key($keys{$alg}));
}
client('secret-jwt', { token_endpoint_auth_method => ['client_secret_jwt'],
    token_endpoint_signing_alg => 'HS512' }, $secret, 'PlusAuthClientAuth client_secret_jwt HS512');
client('wrong-key', { token_endpoint_auth_method => ['private_key_jwt'], token_endpoint_signing_alg => 'ES256',
    jwks => $jwks{ES384} }, 'PlusAuthClientAuth private_key_jwt ES256', "PlusAuthClientKey $files/p256.pem p384");

client('form-post', {}, $basic, 'PlusAuthResponse form_post');
client(jarm => { authorization_signed_response_alg => 'PS256' }, $basic, 'PlusAuthResponse jwt');
client(par => {}, $basic, 'PlusAuthRequest par');
client(jar => \%signs, $basic, 'PlusAuthRequest jar', key('p256'));
client('par-jar', \%signs, $basic, 'PlusAuthRequest par+jar', key('p256'));
client('wrong-jar', { %signs, jwks => $jwks{ES384} }, $basic, 'PlusAuthRequest jar', key('p256'));
client('wrong-par', { client_secret => 'another' }, $basic, 'PlusAuthRequest par');

client(dpop => \%bound, $basic, 'PlusAuthSenderConstrain dpop');
client('dpop-par', \%bound, $basic, 'PlusAuthSenderConstrain dpop', 'PlusAuthRequest par');
client('no-dpop', \%bound, $basic);
client(mtls => \%tls, $by_tls, 'PlusAuthSenderConstrain mtls');
client(financial => { %tls, %signs, authorization_signed_response_alg => 'PS256' }, 'PlusAuthProfile financial',
    $by_tls, 'PlusAuthSenderConstrain mtls', key('p256'));
client(fapi2 => { %tls, %bound, sign_kid => 'es' }, 'PlusAuthProfile fapi2', $by_tls);
client('fapi2-messages', { %tls, %signs, %bound, authorization_signed_response_alg => 'PS256', response_mode => 'jwt' },
    'PlusAuthProfile fapi2', $by_tls, 'PlusAuthRequest par+jar', 'PlusAuthResponse jwt', key('p256'));

my %signed = (rs => 'RS256', ps => 'PS256', es => 'ES256');
client("signed-$_", { sign_kid => $_ }, $basic) for 'ed', sort keys %signed;

# [kind of key, its file, alg, enc]
my @encrypted = (
    [qw(RS256 rsa RSA-OAEP A128GCM)], [qw(RS256 rsa RSA-OAEP-256 A256CBC-HS512)],
    [qw(ES256 p256 ECDH-ES A128CBC-HS256)], [qw(ES256 p256 ECDH-ES+A128KW A192GCM)],
    [qw(ES384 p384 ECDH-ES+A192KW A192CBC-HS384)], [qw(ES256 p256 ECDH-ES+A256KW A256GCM)],
);
for my $number (0 .. $#encrypted) {
    my ($kind, $file, $alg, $enc) = @{ $encrypted[$number] };
    my %registered = (jwks => $jwks{$kind}, alg => $alg, enc => $enc, alg_kid => $file, encrypt_id_token => '1');
    client("encrypted-$number", \%registered, $basic, key($file));
    client("closed-$number", \%registered, $basic, "PlusAuthClientKey $files/p521.pem $file");
}

$site->configure(<<"CONFIG")->start;
$config
<Location "/profile">
    AuthType PlusAuth
    Require valid-user
    PlusAuthProvider basic
    SetHandler plusauth-page
    PlusAuthPage profile.html
</Location>
CONFIG

sub address { return $site->url("/f/$_[0]/page.html") }

# A browser that has just signed in, where that works.
sub signed_in_browser {
    my ($name) = @_;
    my $browser = $glewlwyd->new_browser;
    die "no login with $name\n" if $glewlwyd->sign_in($browser, address($name), $name)->code != 200;
    return $browser;
}

sub works {
    my ($name, $what, $check, $tries) = @_;
    subtest "$name: $what" => sub {
        my ($ours, $theirs) = ($site->log_mark, length $glewlwyd->log);
        my ($browser, $page);
        for (1 .. $tries || 1) {
            $browser = $glewlwyd->new_browser;
            $page = $glewlwyd->sign_in($browser, address($name), $name);
            last if $page->code == 200;
        }
        $page = $browser->submit($page, iss => $glewlwyd->issuer) if $page->content =~ /<form\b[^>]*login\/callback/;
        ok $page->content =~ /the protected page/, 'the page is seen'
            or diag $page->status_line, $site->log_since($ours), substr $glewlwyd->log, $theirs;
        $check->($browser, $glewlwyd->asked) if $check;
    };
    return;
}

# `theirs` is what the provider's log says of it, `ours` what this module's says.
sub fails {
    my ($name, $what, $theirs, $ours) = @_;
    subtest "$name: $what" => sub {
        my ($mark, $theirs_mark) = ($site->log_mark, length $glewlwyd->log);
        my $browser = $glewlwyd->new_browser;
        my $page = $glewlwyd->sign_in($browser, address($name), $name);
        ok $page->content !~ /the protected page/, 'nothing protected is shown';
        ok !signed_in($browser, address($name)), 'nobody is signed in';
        like substr($glewlwyd->log, $theirs_mark), $theirs, 'the provider says why';
        like $site->log_since($mark), $ours, 'and so does the log' if $ours;
    };
    return;
}

sub id_token_header {
    my ($browser) = @_;
    my %query = URI->new($browser->get($site->url('/logout'))->header('Location'))->query_form;
    return decode_json(decode_base64url((split /\./, $query{id_token_hint})[0]));
}

works(basic => 'code with PKCE, and the claims of the user', sub {
    my ($browser, %asked) = @_;
    is $asked{response_type}, 'code', 'code';
    is $asked{code_challenge_method}, 'S256', 'PKCE';
    like $asked{$_}, qr/^[\w-]{43}$/, $_ for qw(code_challenge state nonce);
    my $user = json($browser->get($site->url('/login/user')));
    is $user->{userinfo}{name}, 'Ada Lovelace', 'name';
    is $user->{userinfo}{email}, 'ada@example.test', 'email';
    is $user->{userinfo}{sub}, $user->{sub}, 'one subject';
    like page_text($browser->get($site->url('/profile'))), qr/Welcome ada\@example\.test!.*Ada Lovelace/,
        'the profile page';
    is browser()->get($site->url('/profile'))->code, 302, 'which nobody else sees';
});
works(post => 'client_secret_post');
works(auto => 'what discovery offers');
works(public => 'no secret but PKCE');
works(tls => 'tls_client_auth');
fails('wrong-secret', 'is refused', qr/client 'wrong-secret' is invalid/,
    qr/the token endpoint says unauthorized_client/);
fails('wrong-tls', 'another certificate', qr/Authorization invalid for client_id wrong-tls/,
    qr/token response: status 403/);

fails($_, 'the signature is right, the audience is not what glewlwyd wants',
    qr{invalid jwt assertion content.* - iss: '$_'.* - aud: '@{[$glewlwyd->issuer]}'}s, qr/token response: status 403/)
    for map({ "key-$_" } sort keys %keys), 'secret-jwt';
fails('wrong-key', 'the signature is wrong', qr/verify_request_signature - jwt has an invalid signature/,
    qr/token response: status 403/);

for (['form-post', 'form_post'], ['jarm', 'jwt']) {
    my ($name, $mode) = @$_;
    works($name, 'the answer travels as asked', sub {
        my (undef, %asked) = @_;
        is $asked{response_mode}, $mode, $mode;
    });
}
for my $name (qw(par par-jar dpop-par fapi2 fapi2-messages)) {
    works($name, 'the browser carries client_id and request_uri alone', sub {
        my (undef, %asked) = @_;
        is_deeply [sort keys %asked], [qw(client_id request_uri)], 'no other parameter';
    });
}
for my $name (qw(jar financial)) {
    works($name, 'a signed request', sub {
        my (undef, %asked) = @_;
        is_deeply [sort keys %asked], [qw(client_id request response_type scope)], 'no other parameter';
    });
}
fails('wrong-jar', 'a request signed by another key', qr/verify_request_signature - invalid pubkey/);
fails('wrong-par', 'a refused PAR is the end', qr/client 'wrong-par' is invalid/, qr/pushed authorization request/);

works(dpop => 'a token bound to a key', sub {
    my (undef, %asked) = @_;
    like $asked{dpop_jkt}, qr/^[\w-]{43}$/, 'which the request names';
});
fails('no-dpop', 'a token that must be bound', qr/DPoP required for client no-dpop/,
    qr/the token endpoint says invalid_dpop_proof/);
works(mtls => 'a token bound to the certificate');

for my $kid (sort keys %signed) {
    works("signed-$kid", "an ID token with $signed{$kid}", sub {
        my $header = id_token_header($_[0]);
        is $header->{alg}, $signed{$kid}, 'by that algorithm';
        is $header->{kid}, $kid, 'and key';
    });
}
fails('signed-ed', 'an ID token with EdDSA', qr/id_token generated for client 'signed-ed'/,
    qr/refused: ID token: at_hash/);
for my $number (0 .. $#encrypted) {
    my (undef, undef, $alg, $enc) = @{ $encrypted[$number] };
    works("encrypted-$number", "an ID token with $alg and $enc", undef, $alg =~ /^ECDH/ ? 4 : 1);
    fails("closed-$number", 'which is closed to who has another key',
        qr/id_token generated for client 'closed-$number'/, qr/refused: ID token: /);
}

subtest 'a logout that begins here' => sub {
    my $browser = signed_in_browser('leaving');
    is_deeply [$glewlwyd->refresh_tokens('leaving')], [1], 'the provider gave a refresh token';
    my $url = $browser->get($site->url('/logout'))->header('Location');
    my %query = URI->new($url)->query_form;
    like $url, qr{^\Q@{[$glewlwyd->issuer]}\E/end_session\?}, 'goes to the provider';
    is $query{post_logout_redirect_uri}, $site->url('/logout'), 'with where to return to';
    ok !signed_in($browser, address('leaving')), 'and is done here already';
    is_deeply [$glewlwyd->refresh_tokens('leaving')], [0], 'and the refresh token is worth nothing';
    my $home = $glewlwyd->sign_out($browser, $url);
    is $home->{seen_url}, $site->url('/'), 'home again';
    like $browser->visit(address('leaving'))->{seen_url}, qr/login\.html/, 'the provider asks who it is';
};

# A browser with a session here, and another with one there as well; what ends the session in the log.
sub ends_elsewhere {
    my ($name, $end) = @_;
    my $here = signed_in_browser($name);
    my $elsewhere = $here->clone;
    $elsewhere->drop_cookie('plusauth');
    $glewlwyd->sign_in($elsewhere, address('post'), 'post');
    ok signed_in($elsewhere, address('post')), 'another client of the same session there';
    my $mark = $site->log_mark;
    $glewlwyd->sign_out($elsewhere, $elsewhere->get($site->url('/logout'))->header('Location'), $here);
    ok poll(60, sub { $site->log_since($mark) =~ $end }), 'the log says what came of it';
    return signed_in($here, address($name));
}

subtest 'a logout that begins elsewhere comes over the front channel' => sub {
    my $bystander = signed_in_browser('front');
    ok !ends_elsewhere('front', qr/signed out \(front channel\)/), 'and is one here';
    ok signed_in($bystander, address('front')), 'but for nobody else';
};

subtest 'a logout that begins elsewhere comes over the back channel without exp' => sub {
    ok ends_elsewhere('back', qr/back-channel logout refused: logout token: exp is missing/), 'and is refused';
};

done_testing;
