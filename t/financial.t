# financial.t: financial-grade clients with a real provider that holds each of them to what it is
# registered for: methods of authentication, PAR, JAR, JARM, DPoP, mutual TLS, FAPI 1 and FAPI 2.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Test;
use Test::More;
use URI;

my $site = site('financial');
my $provider = 'https://localhost:' . vars('fapi_provider_port');

sub financial_browser { return browser(ca_file => vars('t_logs') . '/financial.d/ca.pem') }

# The answer after the provider's form; what was asked before it is in {asked}.
sub sign_in {
    my ($name, $browser) = @_;
    $browser ||= financial_browser();
    my $page = $browser->visit("$site/f/$name/page.html");
    my ($asked) = grep { $_ && m{^\Q$provider\E/oidc/auth\?} }
        map { $_->header('Location') } @{ $browser->{trail} };
    my %asked = $asked ? URI->new($asked)->query_form : ();
    return ($page, \%asked) if $page->decoded_content !~ /<form\b/;
    return (scalar posted($browser, $browser->submit($page, login => 'grace', password => 'x')), \%asked);
}

# A browser's script sends the form that form_post is.
sub posted {
    my ($browser, $page) = @_;
    return $page if $page->decoded_content !~ /<form\b[^>]*login\/callback/;
    return $browser->submit($page);
}

sub works {
    my ($name, $what, $check) = @_;
    subtest "$name: $what" => sub {
        my $mark = log_mark();
        my ($page, $asked) = sign_in($name);
        is $page->code, 200, 'signed in' or diag(grep { /plusauth|refused/ } log_since($mark));
        like $page->decoded_content, qr/the protected page/, 'and sees the page';
        $check->($asked) if $check;
    };
    return;
}

sub fails {
    my ($name, $what, $status, $log) = @_;
    subtest "$name: $what" => sub {
        my $mark = log_mark();
        my ($page) = sign_in($name);
        is $page->code, $status, 'no';
        ok $page->decoded_content !~ /the protected page/, 'nothing protected is shown';
        like log_since($mark), $log, 'the log says why';
    };
    return;
}

works("key-$_", 'private_key_jwt') for qw(RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA);
works("secret-$_", 'client_secret_jwt') for qw(HS256 HS384 HS512);
works('tls', 'tls_client_auth');
works('tls-self', 'self_signed_tls_client_auth');
works($_, 'the plain methods') for qw(post basic public);
works('auto-key', 'a key before a secret');
works('auto-tls', 'a certificate when there is no more');
works('auto-secret', 'a secret when there is no more');

fails('wrong-key', 'a key that is not registered', 400, qr/invalid_client.*must be private_key_jwt/);
fails('wrong-tls', 'another certificate', 400, qr/invalid_client.*must be tls_client_auth/);
fails('wrong-self', 'another certificate', 400, qr/invalid_client.*must be self_signed_tls_client_auth/);
fails('wrong-jwt', 'registered for Basic', 400, qr/invalid_client.*must be client_secret_jwt, which was used \(PlusAuthClientAuth\)/);

for my $name (qw(par par-post par-key par-jar dpop-par-nonce)) {
    works($name, 'the browser carries client_id and request_uri alone', sub {
        my ($asked) = @_;
        is_deeply [sort keys %$asked], [qw(client_id request_uri)], 'no other parameter';
    });
}
fails('par-wrong', 'a refused PAR is the end', 400, qr/pushed authorization request endpoint says invalid_client/);
works('jar', 'a signed request', sub {
    my ($asked) = @_;
    is_deeply [sort keys %$asked], [qw(client_id request response_type scope)], 'no other parameter';
    my ($header, $claims) = map { JSON::PP::decode_json(decode($_)) } (split /\./, $asked->{request})[0, 1];
    is $header->{typ}, 'oauth-authz-req+jwt', 'typ';
    is $header->{kid}, 'p256', 'kid';
    is $claims->{aud}, $provider, 'for this provider, as a text';
    is $claims->{iss}, 'jar', 'by this client';
    is $claims->{exp} - $claims->{iat}, 300, 'for five minutes';
    ok $claims->{$_}, $_ for qw(nbf jti state nonce code_challenge redirect_uri);
});
for my $case (['jar-encrypted', 'ECDH-ES+A256KW', 'A256CBC-HS512', 'enc-ec'], ['jar-encrypted-rsa', 'RSA-OAEP-256', 'A128CBC-HS256', 'enc-rsa']) {
    my ($name, $alg, $enc, $kid) = @$case;
    works($name, 'a signed request that the provider alone can read', sub {
        my ($asked) = @_;
        is_deeply [sort keys %$asked], [qw(client_id request response_type scope)], 'no other parameter';
        my @parts = split /\./, $asked->{request};
        is scalar @parts, 5, 'a JWE';
        my $header = JSON::PP::decode_json(decode($parts[0]));
        delete $header->{epk};
        is_deeply $header, { alg => $alg, enc => $enc, kid => $kid, cty => 'JWT' }, 'its header';
    });
}
works('par-jar-encrypted', 'an encrypted request that is pushed', sub {
    is_deeply [sort keys %{ $_[0] }], [qw(client_id request_uri)], 'no other parameter';
});
fails('jar-encrypted-not', 'an algorithm that the provider does not offer', 500, qr/PlusAuthRequest encrypted: .*request_object_encryption_alg_values_supported/);
is sign_in_code('jar-unknown'), 400, 'a request object signed by an unknown key is refused by the provider';

works('form-post', 'an answer by POST', sub { is $_[0]->{response_mode}, 'form_post', 'as asked' });
works('jarm', 'an answer in a JWT', sub { is $_[0]->{response_mode}, 'jwt', 'as asked' });

works('dpop', 'DPoP', sub { like $_[0]->{dpop_jkt}, qr/^[\w-]{43}$/, 'the request names the key' });
works('dpop-nonce', 'DPoP with a nonce');
works('mtls', 'a token bound to the certificate, which goes along with a key');
works('mtls-self', 'a token bound to a self-signed certificate');

works('fapi1', 'FAPI 1 Advanced with JARM');
works('fapi2', 'FAPI 2 Security Profile');
works('fapi2-mtls', 'FAPI 2 with certificates');
works('fapi2-messages', 'FAPI 2 Message Signing');

subtest 'each login has a key of its own, and a request of its own' => sub {
    my (undef, $one) = sign_in('dpop');
    my (undef, $two) = sign_in('dpop');
    isnt $one->{dpop_jkt}, $two->{dpop_jkt}, 'another key';
    (undef, $one) = sign_in('par');
    (undef, $two) = sign_in('par');
    isnt $one->{request_uri}, $two->{request_uri}, 'attack 68: a new PAR each login';
};

subtest "$_: the provider revokes a bound token at a logout" => sub {
    my $mark = log_mark();
    my $browser = financial_browser();
    is +(sign_in($_, $browser))[0]->code, 200, 'signed in';
    my $answer = $browser->get("$site/logout");
    like $answer->header('Location'), qr{^\Q$provider\E/oidc/logout}, 'signed out';
    unlike log_since($mark), qr/was not revoked/, 'the provider did it';
} for qw(dpop dpop-nonce mtls);

subtest 'certificates do not mix: clients with and without, at the same provider, in the same process' => sub {
    my $browser = financial_browser();
    for my $name (qw(tls tls-self basic tls wrong-tls tls mtls basic tls-self)) {
        $browser->{cookies} = {};
        my ($page) = sign_in($name, $browser);
        is $page->code, $name =~ /wrong/ ? 400 : 200, $name;
    }
};

subtest 'the public keys of the clients' => sub {
    my $answer = financial_browser()->get("$site/login/jwks");
    is $answer->code, 200, 'are there';
    is $answer->header('Content-Type'), 'application/jwk-set+json', 'as a JWK set';
    like $answer->header('Cache-Control'), qr/public, max-age=\d+/, 'to be kept a while';
    my %keys = map { $_->{kid} => $_ } @{ json($answer)->{keys} };
    is_deeply [sort keys %keys], [qw(ed25519 p256 p384 p521 rsa)], 'all, and each once';
    my %uses;
    push @{ $uses{ $_->{kid} } }, join ' ', $_->{use} // '?', $_->{alg} // '-' for @{ json($answer)->{keys} };
    is_deeply $uses{rsa}, ['sig -', 'enc RSA-OAEP', 'enc RSA-OAEP-256'], 'one for signatures and decryption, with each use';
    is_deeply $uses{p256}, ['sig ES256', map { "enc ECDH-ES$_" } '', map { "+A${_}KW" } 128, 192, 256], 'an elliptic one too';
    is scalar(grep { /\?/ } map { @$_ } values %uses), 0, 'every entry says its use';
    my @private = grep { my $key = $_; grep { exists $key->{$_} } qw(d p q dp dq qi k oth) } values %keys;
    is scalar @private, 0, 'and nothing private';
    is $keys{ed25519}{use}, 'sig', 'a key that signs alone says so';
    is financial_browser()->post("$site/login/jwks", {})->code, 405, 'to be read alone';
    is scalar @{ json(financial_browser()->get(site('app') . '/login/jwks'))->{keys} }, 0, 'none where there are none';
};

sub sign_in_code { return (sign_in(@_))[0]->code }

sub decode {
    my ($text) = @_;
    require MIME::Base64;
    return MIME::Base64::decode_base64url($text);
}

done_testing;
