# financial_attacks.t: what goes wrong with pushed requests, bound tokens and aliases of endpoints
# (attacks 68 to 70).
use strict;
use warnings;
use lib 't/lib';
use MIME::Base64 'decode_base64url';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

# The claims of a JWT.
sub claims {
    my ($token) = @_;
    return JSON::PP::decode_json(decode_base64url((split /\./, $token // '..')[1]));
}

sub proofs { return map { claims($_->{headers}{dpop}) } calls_to($_[0]) }

sub log_in {
    my ($at, @faults) = @_;
    faults(@faults);
    my $browser = browser();
    return ($browser->visit(site('attack') . "/p/$at/page.html"), $browser);
}

# Nothing of the request goes the way of the browser when it was to be pushed.
my %par = (at => 'par', called => ['/oauth2/par'], uncalled => ['/authorize', '/oauth2/token']);
refused(68, "PAR: $_->[0]", "par.$_->[0]", %par, status => $_->[1]) for
    ['invalid_request', 400], ['invalid_client', 400], ['status_200', 502], ['status_500', 502], ['html', 502],
    ['empty', 502], ['array', 502], ['duplicate', 502], ['no_uri', 502], ['uri_number', 502],
    ['uri_newline', 502], ['uri_huge', 502], ['no_expires', 502], ['expires_zero', 502],
    ['expires_string', 502], ['redirect', 502], ['hang', 504], ['reset', 502];
refused(68, 'a request_uri that is expired or used: the provider says so, and nothing is sent instead',
    'par.expired', at => 'par', status => 400, called => ['/authorize'], uncalled => ['/oauth2/token']);

subtest 'attack 68: a new PAR each login' => sub {
    my @uris;
    for (1, 2) {
        my ($page) = log_in('par');
        is $page->code, 200, 'signed in';
        my ($asked) = calls_to('/authorize');
        is_deeply [sort keys %{ $asked->{query} }], [qw(client_id request_uri)], 'the browser carries two parameters';
        push @uris, $asked->{query}{request_uri};
        my @pushed = calls_to('/oauth2/par');
        is scalar @pushed, 1, 'one PAR';
        my @names = sort map { s/=.*//sr } split /&/, $pushed[0]{body};
        is_deeply \@names, [sort keys %{ $pushed[0]{form} }], 'that says nothing twice';
    }
    isnt $uris[0], $uris[1], 'another request_uri';
};

subtest 'a refused PAR whose error quotes the request is not quoted in the log' => sub {
    my $mark = log_mark();
    my ($page) = log_in('par', 'par.quotes');
    is $page->code, 400, 'no login';
    my ($pushed) = calls_to('/oauth2/par');
    my ($said) = log_since($mark) =~ /(pushed authorization request endpoint.*)/;
    like $said, qr/left out here/, 'the log says that something is left out';
    unlike $said, qr/\Q$pushed->{form}{$_}\E/, "not the $_" for qw(nonce client_secret);
};

# RFC 9101: asked for encrypted, a request never travels in any other way.
refused(48, "JAR: $_", [], at => "jar.$_", status => 500, uncalled => ['/authorize'],
    log => qr/PlusAuthRequest encrypted: the provider's key set has no usable key/)
    for qw(no_key rsa1_5 unknown_curve decoys_alone);
refused(48, "JAR: $_", [], at => "jar.$_", status => 500, uncalled => ['/authorize'],
    log => qr/PlusAuthRequest encrypted: the provider offers nothing/) for qw(rsa1_5_said unknown_enc unsaid);
refused(48, 'JAR: no key set', [], at => 'jar.no_keys', status => 502, uncalled => ['/authorize']);
accepted(48, 'JAR: decoys of the same kid', [], at => 'jar.decoys', also => sub {
    my ($asked) = calls_to('/authorize');
    is_deeply [sort keys %{ $asked->{query} }], [qw(client_id request response_type scope)], 'nothing travels beside it';
    my $header = JSON::PP::decode_json(decode_base64url((split /\./, $asked->{query}{request})[0]));
    is_deeply $header, { alg => 'RSA-OAEP-256', enc => 'A256GCM', kid => 'rsa-1', cty => 'JWT' }, 'its header';
});

subtest 'DPoP: what a proof says' => sub {
    my ($page) = log_in('dpop');
    is $page->code, 200, 'signed in';
    my ($token) = proofs('/oauth2/token');
    my ($userinfo) = proofs('/oidc/userinfo');
    is $token->{htm}, 'POST', 'the method';
    like $token->{htu}, qr{^http://127.0.0.1:\d+/i/dpop/oauth2/token$}, 'the URL';
    is $userinfo->{htm}, 'GET', 'the other method';
    like $userinfo->{ath}, qr/^[\w-]{43}$/, 'the hash of the access token';
    ok !exists $token->{ath}, 'which the first has not';
    isnt $token->{jti}, $userinfo->{jti}, 'a fresh jti each';
    my ($call) = calls_to('/oidc/userinfo');
    like $call->{headers}{authorization}, qr/^DPoP /, 'the scheme';
};

subtest 'attack 70: a nonce is honoured, once, with everything fresh' => sub {
    my ($page) = log_in('dpop_assertion', 'dpop.nonce', 'dpop.userinfo_nonce');
    is $page->code, 200, 'signed in';
    my @proofs = proofs('/oauth2/token');
    is scalar @proofs, 2, 'two token requests';
    ok !exists $proofs[0]{nonce}, 'the first has no nonce';
    is $proofs[1]{nonce}, 'n-1', 'the second has it';
    isnt $proofs[0]{jti}, $proofs[1]{jti}, 'the proof is fresh';
    my @assertions = map { claims($_->{form}{client_assertion}) } calls_to('/oauth2/token');
    isnt $assertions[0]{jti}, $assertions[1]{jti}, 'the assertion too';
    is $_->{exp} - $_->{iat}, 60, 'which is good for a minute' for @assertions;
    ok !ref $_->{aud} && $_->{aud} =~ m{/i/dpop_assertion$}, 'for the issuer, as a text' for @assertions;
    is $assertions[0]{iss}, 'assertion', 'by the client';
    is $assertions[0]{sub}, 'assertion', 'of itself';
    is scalar calls_to('/oidc/userinfo'), 1, 'userinfo is asked with the nonce that there is';
    is +(proofs('/oidc/userinfo'))[0]{nonce}, 'n-1', 'at once';
};

subtest 'DPoP: a logout revokes the token without a proof, which RFC 9449 has not for that' => sub {
    my ($page, $browser) = log_in('dpop');
    is $page->code, 200, 'signed in';
    is $browser->get(site('attack') . '/logout')->code, 302, 'signed out';
    my @revoked = calls_to('/oauth2/revoke');
    is scalar @revoked, 1, 'one token is revoked';
    is $revoked[0]{status}, 200, 'with success';
    ok !exists $revoked[0]{headers}{dpop}, 'without a proof';
};

# [faults, status, the nonces of the token requests]
subtest 'a nonce is remembered: the next login begins with it' => sub {
    for my $case (['dpop.nonce', 200, ['n-1']], ['dpop.nonce_new', 200, ['n-1', 'n-4']], ['dpop.nonce_new', 200, ['n-4']],
        ['dpop.nonce_gone', 400, ['n-4']], ['dpop.nonce_gone', 200, [undef]]) {
        my ($fault, $status, $nonces) = @$case;
        my ($page) = log_in('dpop_assertion', $fault);
        is $page->code, $status, "$fault: $status";
        is_deeply [map { $_->{nonce} } proofs('/oauth2/token')], $nonces, scalar(@$nonces) . ' token requests';
    }
};

subtest 'attack 70: a clock that is five minutes off makes no assertion live longer' => sub {
    my $own = PlusAuth::Site->new('clock', config => "PlusAuthSenderConstrain dpop\nPlusAuthClientID assertion\n"
        . "PlusAuthClientAuth client_secret_jwt\n")->start;
    for my $seconds (300, -300) {
        $own->restart_at($seconds);
        faults();
        # From behind, the provider's tokens seem to be from the future.
        is browser()->visit($own->page)->code, $seconds > 0 ? 200 : 401, "$seconds seconds";
        my ($call) = calls_to('/oauth2/token');
        my $assertion = claims($call->{form}{client_assertion});
        is $assertion->{exp} - $assertion->{iat}, 60, 'a minute';
        cmp_ok abs($assertion->{iat} - time - $seconds), '<', 120, 'from our now on';
    }
};

subtest 'a nonce that userinfo alone wants' => sub {
    my ($page) = log_in('dpop', 'dpop.userinfo_nonce');
    is $page->code, 200, 'signed in';
    is_deeply [map { $_->{nonce} } proofs('/oidc/userinfo')], [undef, 'n-3'], 'the second time with it';
};

subtest 'a nonce that the PAR endpoint wants' => sub {
    my ($page) = log_in('dpop_par', 'dpop.par_nonce');
    is $page->code, 200, 'signed in';
    is_deeply [map { $_->{nonce} } proofs('/oauth2/par')], [undef, 'n-2'], 'the second time with it';
};

# [fault, status, token requests of a second login, which remembers the nonce of the first]
for my $case (['nonce_forever', 400, 2], ['nonce_same', 400, 1], ['nonce_missing', 400, 1], ['nonce_control', 400, 1],
    ['nonce_huge', 400, 1]) {
    my ($fault, $status, $requests) = @$case;
    refused(70, "DPoP: $fault", "dpop.$fault", at => 'dpop', status => $status, uncalled => ['/oidc/userinfo']);
    log_in('dpop', "dpop.$fault");
    is scalar calls_to('/oauth2/token'), $requests, "$fault: $requests token requests";
}
refused(70, 'a PAR nonce for ever', 'dpop.par_nonce_forever', at => 'dpop_par', status => 400,
    uncalled => ['/authorize']);
is scalar do { log_in('dpop_par', 'dpop.par_nonce_forever'); calls_to('/oauth2/par') }, 2, 'two PAR requests';
refused(70, 'a userinfo nonce for ever', 'dpop.userinfo_nonce_forever', at => 'dpop');
is scalar do { log_in('dpop', 'dpop.userinfo_nonce_forever'); calls_to('/oidc/userinfo') }, 2, 'two userinfo requests';

refused(25, 'DPoP asked for, a Bearer token given', 'dpop.bearer', at => 'dpop', status => 502, log => qr/token_type is not DPoP/);
for my $at (qw(dpop mtls)) {
    refused(69, "$at: a token that is $_", "dpop.$_", at => $at, log => qr/not bound to our/,
        uncalled => ['/oidc/userinfo'])
        for qw(bound_to_other bound_to_nobody bound_oddly);
}

refused(21, 'FAPI: a provider whose PKCE is plain alone', [], at => 'fapi2_plain', status => 503,
    uncalled => ['/oauth2/par', '/authorize']);
refused(6, 'FAPI 2: no iss, which is not advertised either', 'authorize.iss_absent', at => 'fapi2_no_iss', status => 400,
    uncalled => ['/oauth2/token'], log => qr/iss is missing/);

accepted 69, 'no aliases: a certificate is for the endpoints themselves', [], at => 'mtls', also => sub {
    is scalar calls_to($_), 1, $_ for '/oauth2/token', '/oidc/userinfo';
};
subtest 'attack 69: aliases of endpoints are for those who show a certificate' => sub {
    my ($page) = log_in('aliases');
    is $page->code, 200, 'signed in with a certificate';
    for my $path (qw(par token userinfo)) {
        is scalar calls_to("/mtls/$path"), 1, "$path: the alias is asked";
        is scalar calls_to("/oauth2/$path") + calls_to("/oidc/$path"), 0, 'and nothing else';
    }
    ($page) = log_in('discovery.aliases');
    is $page->code, 200, 'signed in without';
    is scalar calls_to('/mtls/token'), 0, 'not at the alias';
    is scalar calls_to('/oauth2/token'), 1, 'but at the endpoint itself';
};
refused(69, "discovery: $_", [], at => "discovery.$_", status => 503, uncalled => ['/authorize'])
    for qw(aliases_text aliases_number aliases_http);

done_testing;
