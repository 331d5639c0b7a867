# backchannel.t: OpenID Connect Back-Channel Logout 1.0 (attacks 58 to 61): a valid logout token ends
# exactly the sessions that it means, at once; no other ends any.
use strict;
use warnings;
use lib 't/lib';
use HTTP::Tiny;
use PlusAuth::Logout;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $site = site('logout');
my $page = "$site/app/page.html";
faults();

# The one session that no invalid token may end, and its names at the provider.
my $browser = signed_in_at($page);
my %valid = (sub => 'user-1', sid => sid_of($browser));

sub refused {
    my ($number, $name, $fault, $log) = @_;
    return subtest "attack $number: $name" => sub {
        my $mark = log_mark();
        refused_with_400(post_token($site, logout_token('logout', \%valid, $fault)), $fault);
        like log_since($mark), qr/back-channel logout refused: .*$log/, 'the log names the reason';
        ok signed_in($browser, $page), 'nobody is signed out';
    };
}

subtest 'attack 58: what is no post of a form with a token' => sub {
    my $url = "$site/logout/backchannel";
    my $token = logout_token('logout', \%valid);
    my $form = 'application/x-www-form-urlencoded';
    my %calls = (
        'a GET' => ['GET', "$url?logout_token=$token"],
        'a HEAD' => ['HEAD', "$url?logout_token=$token"],
        'a PUT' => ['PUT', $url, $form, "logout_token=$token"],
        'no token' => ['POST', $url, $form, 'x=1'],
        'an empty token' => ['POST', $url, $form, 'logout_token='],
        'an empty body' => ['POST', $url, $form, ''],
        'no body' => ['POST', $url],
        'the token in the query' => ['POST', "$url?logout_token=$token", $form, ''],
        'the token twice' => ['POST', $url, $form, "logout_token=$token&logout_token=$token"],
        'JSON' => ['POST', $url, 'application/json', qq({"logout_token":"$token"})],
        'the token alone' => ['POST', $url, 'application/jwt', $token],
        'another type' => ['POST', $url, 'text/plain', "logout_token=$token"],
        'no type' => ['POST', $url, undef, "logout_token=$token"],
        'a bad escape' => ['POST', $url, $form, "logout_token=$token&x=%zz"],
        'a NUL' => ['POST', $url, $form, "logout_token=$token%00"],
    );
    for my $name (sort keys %calls) {
        my ($method, $to, $type, $body) = @{ $calls{$name} };
        my @headers = defined $type ? ('Content-Type' => $type) : ();
        refused_with_400(browser()->request($method, $to, \@headers, $body), $name);
    }
    ok signed_in($browser, $page), 'nobody is signed out';
};

subtest 'attack 58: ten megabytes' => sub {
    # HTTP::Tiny tells what came when the server answers before it has read all.
    my $agent = HTTP::Tiny->new(timeout => 30);
    my $type = { 'Content-Type' => 'application/x-www-form-urlencoded' };
    my $token = logout_token('logout', \%valid);
    my $size = 10 << 20;
    for my $case (['of known length', 'x' x $size], ['in chunks', sub { $size > 0 ? 'x' x ($size -= ($size > 65536 ? 65536 : $size), 65536)[1] : undef }]) {
        my ($name, $content) = @$case;
        my $answer = $agent->post("$site/logout/backchannel", { headers => $type, content => $content });
        # An answer that arrives while the rest is still being sent can be lost with the connection.
        ok $answer->{status} == 400 || $answer->{status} == 599 && $answer->{content} =~ /write|reset|closed/i,
            "$name: $answer->{status}" or diag $answer->{content};
    }
    ok signed_in($browser, $page), 'nobody is signed out';
    taken_with_200(post_token($site, logout_token('logout', { sid => 'unknown' })), 'the next is served');
};

refused(58, @$_) for (
    ['a nonce', 'logout.nonce', 'nonce'],
    ['a nonce of null', 'logout.nonce_null', 'nonce'],
    ['no events', 'logout.events_missing', 'events'],
    ['events as text', 'logout.events_text', 'events'],
    ['events as a list', 'logout.events_array', 'events'],
    ['events null', 'logout.events_null', 'events'],
    ['events empty', 'logout.events_empty', 'events'],
    ['another event', 'logout.events_other', 'events'],
    ['an event that is text', 'logout.event_text', 'events'],
    ['an event that is true', 'logout.event_true', 'events'],
    ['an event that is null', 'logout.event_null', 'events'],
    ['an event that is a list', 'logout.event_array', 'events'],
    ['neither sub nor sid', 'logout.nobody', 'neither sub nor sid'],
    ['sid a number', 'logout.sid_number', 'sid'],
    ['sid empty', 'logout.sid_empty', 'sid'],
    ['sid null', 'logout.sid_null', 'sid'],
    ['sid too long', 'logout.sid_long', 'sid'],
    ['sub a number', 'logout.sub_number', 'sub'],
    ['sub a list', 'logout.sub_array', 'sub'],
    ['no iat', 'logout.iat_missing', 'iat'],
    ['iat an hour ago', 'logout.iat_old', 'iat'],
    ['iat in the future', 'logout.iat_future', 'iat'],
    ['iat as text', 'logout.iat_text', 'iat'],
    ['no exp, and iat eleven minutes ago', 'logout.exp_missing_iat_old', 'iat'],
    ['exp in the past', 'logout.exp_past', 'exp'],
    ['nbf in the future', 'logout.nbf_future', 'nbf'],
    ['no jti', 'logout.jti_missing', 'jti'],
    ['jti empty', 'logout.jti_empty', 'jti'],
    ['jti a number', 'logout.jti_number', 'jti'],
    ['jti too long', 'logout.jti_long', 'jti'],
    ['encrypted, to nobody', 'logout.jwe', 'no token of a provider'],
    ['no iss', 'claims.iss_missing', 'no token of a provider'],
    ['another iss', 'claims.iss_other', 'no token of a provider'],
    ['iss with a slash', 'claims.iss_slash', 'no token of a provider'],
    ['iss a number', 'claims.iss_number', 'no token of a provider'],
    ['no aud', 'claims.aud_missing', 'aud'],
    ['another aud', 'claims.aud_other', 'aud'],
    ['aud empty', 'claims.aud_empty', 'aud'],
    ['aud a longer name', 'claims.aud_prefix', 'aud'],
    ['sub twice', 'claims.sub_twice', 'no token of a provider'],
    ['text after the claims', 'claims.trailing', 'no token of a provider'],
    ['no claims', 'claims.payload_text', 'no token of a provider'],
);

# RFC 8725: as for ID tokens.
refused(42, "alg $_", "jws.$_", 'no token of a provider')
    for qw(alg_none alg_None alg_nOnE alg_empty alg_missing two_parts two_parts_dot);
refused(43, "HS256 with the public key: $_", "jws.$_", 'alg is not')
    for qw(hs256_rsa_pem hs256_rsa_der hs256_rsa_jwk hs256_ec_pem hs256_empty);
refused(44, 'HS256 with the client secret', 'jws.hs256_secret', 'alg is not');
refused(44, "a genuine key, but not the algorithm of this client's ID tokens: $_",
    "jws.genuine_$_", 'alg is not the one') for qw(RS384 PS256 ES256 ES384 EdDSA);
refused(45, "a key of the attacker's own: $_", "jws.$_", 'no key|signature')
    for qw(attacker header_jwk header_jku header_x5u header_x5c);
refused(46, $_, "jws.$_", 'no token of a provider') for qw(crit_unknown crit_empty b64_false);
refused(49, $_, "jws.$_", '') for qw(rsa_flipped rsa_empty payload_swapped);
refused(50, $_, "jws.$_", '') for qw(json_serialisation four_parts six_parts padded newline_after);

subtest 'attack 61: an ID token posted as a logout token' => sub {
    refused_with_400(post_token($site, logout_token('logout', {}, 'logout.id_token')), 'refused');
    ok signed_in($browser, $page), 'nobody is signed out';
};

subtest 'attack 61: a logout token in place of an ID token' => sub {
    faults('claims.logout_token');
    my $other = browser();
    is $other->visit($page)->code, 401, 'refused';
    ok !signed_in($other, $page), 'and nobody is signed in';
    faults();
};

for my $case (['typ JWT', 'logout.typ_jwt'], ['no typ', 'logout.typ_missing'],
    ['the full media type', 'logout.typ_full'], ['typ in another case', 'logout.typ_case'],
    ['an event with members, and another event', 'logout.event_filled'],
    ['no exp, as Hydra, Casdoor and LemonLDAP send it', 'logout.exp_missing'], ['exp null', 'logout.exp_null'],
    ['exp with a fraction', 'logout.exp_float'], ['iss twice with one value', 'claims.iss_again'],
    ['aud a list of one', 'claims.aud_array'], ['exp just past, iat just ahead', 'claims.exp_just_past', 'claims.iat_near'],
    ['no kid', 'jws.kid_missing']) {
    my ($name, @faults) = @$case;
    subtest "valid: $name" => sub {
        my $other = signed_in_at($page);
        taken_with_200(post_token($site, logout_token('logout', { sid => sid_of($other) }, @faults)), 'taken');
        ok !signed_in($other, $page), 'and obeyed';
    };
}
refused(61, "typ of another kind of token: $_", "logout.$_", 'typ') for qw(typ_access_token typ_request);

subtest 'attack 59: the same token again' => sub {
    my $other = signed_in_at($page);
    my $token = logout_token('logout', { sid => sid_of($other) });
    taken_with_200(post_token($site, $token), 'the first time');
    ok !signed_in($other, $page), 'signed out';
    refused_with_400(post_token($site, $token), 'the second time');
    refused_with_400(post_token($site, logout_token('logout', { sid => 'x', jti => 'once' })), 'another token')
        if post_token($site, logout_token('logout', { sid => 'x', jti => 'once' }))->code != 200;
    refused_with_400(post_token($site, logout_token('logout', { sid => 'y', jti => 'once' })),
        'another token of the same jti');
};

subtest 'attack 59: of ten at once one counts' => sub {
    my $token = logout_token('logout', { sid => sid_of(signed_in_at($page)) });
    my @codes = sort map { $_->() } map { in_background($token) } 1 .. 10;
    my $taken = grep { $_ == 200 } @codes;
    is $taken, 1, "one 200 among @codes";
    is scalar(grep { $_ == 400 } @codes), 9, 'and 400 for all others';
};

# Posts the token in a process of its own; what gives its status.
sub in_background {
    my ($token) = @_;
    my $pid = open(my $from, '-|') // die "fork: $!\n";
    if (!$pid) {
        syswrite STDOUT, post_token($site, $token)->code;
        require POSIX;
        POSIX::_exit(0);
    }
    return sub { my $code = <$from>; close $from; return $code };
}

subtest 'attack 59: sessions that are not there' => sub {
    taken_with_200(post_token($site, logout_token('logout', { sid => 'nobody-has-this' })), 'an unknown sid');
    taken_with_200(post_token($site, logout_token('logout', { sub => 'nobody-is-this' })), 'an unknown sub');
    my $other = signed_in_at($page);
    my $sid = sid_of($other);
    $other->visit("$site/logout");
    taken_with_200(post_token($site, logout_token('logout', { sid => $sid })), 'one that was signed out already');
    taken_with_200(post_token($site, logout_token('logout', { sid => $sid })), 'and again, in another token');
    taken_with_200(post_token($site, logout_token('logout', { sid => "a\nb", sub => "c\nd" })), 'odd names');
};

# Who is signed in where, by name; and a check of who still is.
my %places = (
    main => $page,
    neighbour => "$site/neighbour/page.html",       # another issuer on the same server
    'second client' => "$site/second/page.html",    # another client at the same issuer
    'other host' => site('logout2') . '/app/page.html', # another client on another virtual host
);

sub sign_in_everywhere {
    my %browsers;
    for my $sub ('user-1', 'user-2') {
        user(sub => $sub, username => $sub);
        $browsers{"$sub at $_"} = signed_in_at($places{$_}) for keys %places;
    }
    $browsers{'user-2 at main too'} = signed_in_at($page);
    user(sub => 'user-1', username => 'ada');
    return %browsers;
}

sub only_these_ended {
    my ($browsers, @ended) = @_;
    my %ended = map { $_ => 1 } @ended;
    for my $name (sort keys %$browsers) {
        my $url = $places{ $name =~ / at (.*?)(?: too)?$/ ? $1 : '' };
        my $lives = signed_in($browsers->{$name}, $url);
        ok $ended{$name} ? !$lives : $lives, $name . ($ended{$name} ? ' is out' : ' is still in');
    }
    return;
}

subtest 'attack 60: a sid ends that session alone' => sub {
    my %browsers = sign_in_everywhere();
    my $sid = sid_of($browsers{'user-2 at main'});
    taken_with_200(post_token($site, logout_token('logout', { sid => $sid })), 'taken');
    only_these_ended(\%browsers, 'user-2 at main');
};

subtest 'attack 60: with a sid, sub is no second name' => sub {
    my %browsers = sign_in_everywhere();
    my $sid = sid_of($browsers{'user-2 at main'});
    taken_with_200(post_token($site, logout_token('logout', { sid => $sid, sub => 'user-2' })), 'taken');
    only_these_ended(\%browsers, 'user-2 at main');
};

subtest 'attack 60: a sub alone ends all of that user' => sub {
    my %browsers = sign_in_everywhere();
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-2' })), 'taken');
    only_these_ended(\%browsers, 'user-2 at main', 'user-2 at main too');
    is $browsers{'user-2 at main'}->visit($page)->code, 200, 'who signs in again is in';
    ok signed_in($browsers{'user-2 at main'}, $page), 'and stays so';
};

subtest 'attack 60: a client that stands in several sections' => sub {
    my $site = PlusAuth::Site->new('names');
    my $section = sub {
        my ($name) = @_;
        return <<"CONFIG";
<PlusAuthProvider $name>
    PlusAuthIssuer http://127.0.0.1:@{[vars('faulty_port')]}/i/@{[$site->issuer]}
    PlusAuthClientID client
    PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees
</PlusAuthProvider>
<Location "/app/$name">
    PlusAuthProvider $name
</Location>
CONFIG
    };
    $site->configure(join '', map { $section->($_) } qw(a b c))->start;
    my %browsers = map { $_ => browser() } '', qw(/a /b /c);
    $browsers{$_}->visit($site->url("/app$_/page.html")) for keys %browsers;
    my $is_in = sub { scalar grep { $_->get($site->url('/login/user'))->code == 200 } values %browsers };
    is $is_in->(), 4, 'signed in by each';
    taken_with_200(post_token($site->url, logout_token($site->issuer, { sub => 'user-1', sid => undef })), 'taken');
    is $is_in->(), 0, 'and out of all';
};

subtest 'attack 60: the sid of another issuer' => sub {
    my %browsers = sign_in_everywhere();
    my $sid = sid_of($browsers{'user-2 at main'});
    taken_with_200(post_token($site, logout_token('neighbour', { sid => $sid })), 'is unknown there');
    taken_with_200(post_token($site, logout_token('neighbour', { sub => 'user-2' })), 'a sub is its own');
    only_these_ended(\%browsers, 'user-2 at neighbour');
};

subtest 'attack 60: another client of the same issuer' => sub {
    my %browsers = sign_in_everywhere();
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-2', aud => 'basic' })), 'taken');
    only_these_ended(\%browsers, 'user-2 at second client');
    taken_with_200(post_token($site, logout_token('logout', { sub => 'user-2', aud => ['x', 'client'] })), 'the first, of two');
    only_these_ended(\%browsers, 'user-2 at second client', 'user-2 at main', 'user-2 at main too');
};

subtest 'attack 60: a token for another virtual host' => sub {
    my %browsers = sign_in_everywhere();
    refused_with_400(post_token(site('app'), logout_token('logout', { sub => 'user-2' })),
        'is of no provider there');
    refused_with_400(post_token($site, logout_token('logout', { sub => 'user-2', aud => 'post' })),
        'and one for its client is not taken here');
    only_these_ended(\%browsers);
    taken_with_200(post_token(site('logout2'), logout_token('logout', { sub => 'user-2', aud => 'post' })), 'there it is');
    only_these_ended(\%browsers, 'user-2 at other host');
};

subtest 'the algorithm is each client\'s own' => sub {
    faults('jws.genuine_ES256');
    my $other = signed_in_at($places{'second client'});
    faults();
    refused_with_400(post_token($site, logout_token('logout', { sid => sid_of($other), aud => 'basic' })),
        'RS256 where ID tokens have ES256');
    ok signed_in($other, $places{'second client'}), 'nobody is signed out';
    taken_with_200(post_token($site,
        logout_token('logout', { sid => sid_of($other), aud => 'basic' }, 'jws.genuine_ES256')), 'ES256');
    ok !signed_in($other, $places{'second client'}), 'signed out';
    signed_in_at($places{'second client'});
};

subtest 'an algorithm that PlusAuthSigningAlgs names is taken beside that of the ID tokens' => sub {
    my $site = PlusAuth::Site->new('algs', config => "PlusAuthSigningAlgs RS256 ES256\n")->start;
    my $other = signed_in_at($site->page);
    my $mark = $site->log_mark;
    refused_with_400(post_token($site->url, logout_token($site->issuer, { sid => sid_of($other) }, 'jws.genuine_PS256')),
        'PS256, which is not in the list');
    like $site->log_since($mark), qr/alg is not.*PlusAuthSigningAlgs RS256 PS256/, 'and the line says what would take it';
    ok signed_in($other, $site->page), 'nobody is signed out';
    taken_with_200(post_token($site->url, logout_token($site->issuer, { sid => sid_of($other) }, 'jws.genuine_ES256')),
        'ES256, though ID tokens have RS256');
    ok !signed_in($other, $site->page), 'signed out';
};

subtest 'Back-Channel Logout 2.4: a logout token that is signed and encrypted' => sub {
    my $site = PlusAuth::Site->new('sealed', config => "PlusAuthClientKey @{[vars('t_logs')]}/encrypted-rsa.pem\n")->start;
    my $other = signed_in_at($site->page);
    my $sid = sid_of($other);
    for my $fault (qw(jwe.tag_changed jwe.inner_unsigned jwe.inner_claims jwe.inner_attacker jwe.other_key)) {
        refused_with_400(post_token($site->url, logout_token($site->issuer, { sid => $sid }, $fault)), $fault);
    }
    ok signed_in($other, $site->page), 'nobody is signed out';
    taken_with_200(post_token($site->url, logout_token($site->issuer, { sid => $sid }, 'jwe.rsa')), 'a genuine one');
    ok !signed_in($other, $site->page), 'signed out';
};

subtest 'nothing of it costs a plain request anything' => sub {
    my @before = map { calls() } 1;
    ok signed_in($browser, $page), 'a request';
    is scalar calls(), scalar @before, 'and the provider is not asked';
};

subtest 'the log' => sub {
    my $other = signed_in_at($page);
    my $id = session_cookie($other);
    my $mark = log_mark();
    post_token($site, logout_token('logout', { sid => sid_of($other) }));
    my $log = log_since($mark);
    like $log, qr/signed out \(back channel\): session [0-9a-f]{8}\b/, 'a line for each session';
    unlike $log, qr/\Q$id\E/, 'without its id';
};

done_testing;
