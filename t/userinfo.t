# userinfo.t: the UserInfo response, and claims on their way to applications (OpenID Connect Core 5.3,
# attacks 55 and 56).
use strict;
use warnings;
use utf8;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;

refused_all { status => 401, called => '/oidc/userinfo' },
    [55, 'sub of somebody else', 'userinfo.sub_other', log => qr/\bsub\b/],
    [55, 'sub missing', 'userinfo.sub_missing', log => qr/\bsub\b/],
    [55, 'sub a number', 'userinfo.sub_number', log => qr/\bsub\b/],
    [55, 'sub with something after a NUL', 'userinfo.sub_prefix'],
    [55, 'status 401', 'userinfo.status_401'],
    [55, 'status 403', 'userinfo.status_403'];

refused_all { status => 502, called => '/oidc/userinfo' },
    [55, 'HTML', 'userinfo.html'],
    [55, 'JSON that says it is HTML', 'userinfo.text_json'],
    [55, 'an array', 'userinfo.array'],
    [55, 'an empty answer', 'userinfo.empty'],
    [55, 'half an answer', 'userinfo.truncated'],
    [55, 'a member said twice', 'userinfo.duplicate'],
    [55, '50 MB', 'userinfo.huge'],
    [55, 'status 500', 'userinfo.status_500'],
    [55, 'a redirect', 'userinfo.redirect'],
    [55, 'no answer', 'userinfo.hang', status => 504];

# Whether an answer is signed, and encrypted, is the client's registration to say (OpenID Connect Core 5.3.2): the
# provider's keys verify it for a client with a secret as for one with keys of its own.
for my $at (undef, 'encrypted') {
    my $client = $at ? 'a client with keys' : 'a client with a secret';
    refused_all { status => 401, at => $at, called => '/oidc/userinfo' },
        (map { [55, "$client: a JWT with $_->[0]", "userinfo.jwt_$_->[1]", log => $_->[2]] }
            ['another iss', 'iss', qr/\biss\b/],
            ['another aud', 'aud', qr/\baud\b/],
            ['another sub', 'sub', qr/\bsub\b/], ['no sub', 'sub_missing', qr/\bsub\b/],
            ['a nonce, as an ID token', 'id_token', qr/another kind/],
            ['events, as a logout token', 'logout_token', qr/another kind/],
            ['alg none', 'none'], ['HS256', 'hs256', qr/\balg\b/],
            ['the signature of somebody else', 'attacker', qr/signature/],
            ['claims that are encrypted, not signed', 'encrypted_alone']);
    accepted 55, "$client: a JWT that is right ($_)", "userinfo.$_", at => $at, also => asked_for('application/json, application/jwt')
        for qw(jwt jwt_iss_missing jwt_aud_missing);
}
refused 55, 'a JWT with ES256 where RS256 is pinned', 'userinfo.jwt_es256', at => 'encrypted', status => 401, log => qr/\balg\b/;
accepted 55, 'a JWT that is signed and encrypted', 'userinfo.jwt_encrypted', at => 'encrypted';
accepted 39, 'claims said twice with one value', 'userinfo.again';

sub asked_for {
    my ($types) = @_;
    return sub {
        my ($call) = calls_to('/oidc/userinfo');
        is $call->{headers}{accept}, $types, "Accept: $types";
    };
}

accepted undef, 'PlusAuthUserInfo off', 'userinfo.sub_other', at => 'no_userinfo', also => sub {
    is scalar calls_to('/oidc/userinfo'), 0, 'it is not asked';
};

# The environment of a CGI program, and of one behind mod_proxy, under a fault.
sub seen {
    my ($fault, $path) = @_;
    return seen_under($fault ? "userinfo.$fault" : undef, $path);
}

sub seen_under {
    my ($fault, $path) = @_;
    faults($fault // ());
    my $browser = browser();
    my $answer = $browser->visit(site('app') . $path);
    is $answer->code, 200, "signed in at $path";
    faults();
    return environment($answer);
}

subtest 'attack 56: claims with line ends' => sub {
    my $env = seen('claim_crlf', '/cgi');
    like $env->{PLUSAUTH_CLAIM_name}, qr/^Ada\b/, 'the claim is there';
    for my $name (grep { /^(?:PLUSAUTH|HTTP_)/ } sort keys %$env) {
        unlike $env->{$name}, qr/[\r\n\0]/, "$name has no line end";
        like $name, qr/^[A-Za-z0-9_]+$/, "$name is a plain name";
    }
    my $behind = seen('claim_crlf', '/proxy');
    ok !exists $behind->{HTTP_X_EVIL}, 'no header was made of it';
    my $headers = seen('claim_crlf', '/export/headers/cgi');
    ok !exists $headers->{HTTP_X_EVIL}, 'nor where claims are headers';
};

subtest 'attack 56: a claim with NUL' => sub {
    my $env = seen('claim_nul', '/cgi');
    unlike $env->{PLUSAUTH_CLAIM_name} // '', qr/\0/, 'none arrives';
    is $env->{REMOTE_USER}, 'user-1', 'and the user is the same';
};

subtest 'a number beyond 64 bits arrives with all its digits' => sub {
    my $env = seen('big_numbers', '/cgi');
    is $env->{PLUSAUTH_CLAIM_employee}, '123456789012345678901234567890', 'as a variable';
    like $env->{PLUSAUTH_USERINFO}, qr/"employee":"123456789012345678901234567890"/, 'and as text in the JSON';
};

subtest 'claims of the ID token that are odd but harmless' => sub {
    my $env = seen_under('claims.big_numbers', '/cgi');
    is $env->{PLUSAUTH_CLAIM_employee}, '123456789012345678901234567890', 'a large number';
    is $env->{PLUSAUTH_CLAIM_ids}, '["18446744073709551616",-1]', 'one in a list';
    is seen_under('claims.nul', '/cgi')->{PLUSAUTH_CLAIM_motto}, 'a b', 'a NUL becomes a space, as in userinfo';
};

subtest 'attack 56: a claim of 100 kB' => sub {
    my $env = seen('claim_long', '/cgi');
    is $env->{REMOTE_USER}, 'user-1', 'signed in nevertheless';
    is $env->{PLUSAUTH_CLAIM_email}, 'ada@example.test', 'with the other claims';
    cmp_ok length($env->{PLUSAUTH_CLAIM_picture} // ''), '<=', 8192, 'the long one is left out';
};

subtest 'what does not fit into variables is told once a login, by name' => sub {
    my %told = (claim_long => qr/left out of what applications get of the user: picture \(longer than 8192 bytes\)$/m,
        name_long => qr/left out .*: n{128}\.\.\. \(its name is too long\)$/m,
        claims_300 => qr/left out .*: extra_\d+ \(there are too many\),.* and \d+ more$/m,
        claims_9k => qr/^((?!left out).)*$/s,
        claims_20k => qr/left out .*: PLUSAUTH_USERINFO \(longer than 16384 bytes\)$/m);
    for my $fault (sort keys %told) {
        my $mark = log_mark();
        seen($fault, '/cgi');
        my $log = log_since($mark);
        like $log, $told{$fault}, $fault;
        is scalar(() = $log =~ /left out of/g), $fault eq 'claims_9k' ? 0 : 1, 'one line';
    }
};

subtest 'attack 56: claims that are objects' => sub {
    my $env = seen('claim_nested', '/cgi');
    is $env->{PLUSAUTH_CLAIM_address}, '{"country":"UK","street_address":"1 High Street"}', 'JSON';
    is $env->{PLUSAUTH_CLAIM_groups}, '["math","engines"]', 'arrays too';
};

subtest 'attack 56: claims that are not ASCII' => sub {
    my $env = seen('claim_unicode', '/cgi');
    is $env->{PLUSAUTH_CLAIM_name}, 'Ада Лавлейс 🧮', 'UTF-8, unharmed';
};

subtest 'attack 56: claims named as variables of ours' => sub {
    my $env = seen('claim_reserved', '/cgi');
    is $env->{REMOTE_USER}, 'user-1', 'the user is the same';
    is $env->{PLUSAUTH_DISPLAY_NAME}, 'ada', 'so is the name';
    like $env->{PLUSAUTH_USERINFO}, qr/"sub":"user-1"/, 'and the userinfo';
    is $env->{PLUSAUTH_CLAIM_sub}, 'user-1', 'and the claims';
};

subtest 'attack 56: claims that are markup' => sub {
    faults('userinfo.claim_markup');
    my $browser = browser();
    my $answer = $browser->visit(site('app') . '/profile');
    is $answer->code, 200, 'the profile page';
    unlike $answer->decoded_content, qr/<script>alert|<img src=x|<b>&"/, 'all of it is escaped';
    like $answer->decoded_content, qr/&lt;b&gt;/, 'and shown';
    $answer = $browser->visit(site('app') . '/greeting');
    unlike $answer->decoded_content, qr/<script>alert|<img src=x|<b>&"/, 'on the home page too';
    faults();
};

done_testing;
