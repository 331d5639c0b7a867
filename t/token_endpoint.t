# token_endpoint.t: the code for the tokens (RFC 6749 section 5, 7636, 9700; attacks 20 to 31).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Test;
use Test::More;
use URI;

my $site = site('attack');
my $page = "$site/app/page.html";

subtest 'attack 20: PKCE: the provider verified it, and every login has its own' => sub {
    faults();
    my (%seen, %state, %nonce);
    for (1 .. 3) {
        is browser()->visit($page)->code, 200, 'signed in';
    }
    for my $call (calls_to('/oauth2/token')) {
        is $call->{pkce}, JSON::PP::true(), 'S256 of the verifier is the challenge';
        like $call->{form}{code_verifier}, qr/^[\w.~-]{43,128}$/, 'a verifier of the right shape';
        $seen{ $call->{form}{code_verifier} }++;
    }
    for my $call (calls_to('/authorize')) {
        $state{ $call->{query}{state} }++;
        $nonce{ $call->{query}{nonce} }++;
    }
    is scalar keys %seen, 3, 'three verifiers';
    is scalar keys %state, 3, 'three states';
    is scalar keys %nonce, 3, 'three nonces';
    my %all = (%seen, %state, %nonce);
    is scalar keys %all, 9, 'and none is used for two purposes';
};

for my $case ('pkce_plain', 'pkce_unsaid') {
    accepted 21, "S256 whatever the metadata says ($case)", [], at => "discovery.$case", also => sub {
        my ($asked) = calls_to('/authorize');
        is $asked->{query}{code_challenge_method}, 'S256', 'S256';
    };
}

refused 22, 'a code that the provider does not know', 'authorize.code_unknown', status => 400,
    called => '/oauth2/token', uncalled => '/oidc/userinfo', log => qr/invalid_grant/;

subtest 'attack 22: the code of an attacker in the login of a victim' => sub {
    faults();
    my %attacker = URI->new(browser()->until($page, qr{/login/callback}))->query_form;
    my $victim = browser();
    my $url = URI->new($victim->until($page, qr{/login/callback}));
    my %own = $url->query_form;
    $own{code} = $attacker{code};
    $url->query_form(%own);
    my $answer = $victim->visit($url->as_string);
    is $answer->code, 400, 'refused';
    my ($call) = calls_to('/oauth2/token');
    is $call->{problem}, 'PKCE failed', 'by the provider, because of PKCE';
    unharmed($victim, $page, $answer);
};

refused_all { status => 502, called => '/oauth2/token', uncalled => '/oidc/userinfo' },
    (map { [23, "the token endpoint redirects to another host with $_", "token.redirect_$_"] }
        301, 302, 307, 308),
    [24, 'HTML', 'token.html'],
    [24, 'an empty answer', 'token.empty'],
    [24, 'an array', 'token.array'],
    [24, 'half an answer', 'token.truncated'],
    [24, 'data after the object', 'token.trailing'],
    [24, 'a member said twice', 'token.duplicate'],
    [24, 'ten thousand levels', 'token.deep'],
    [24, '50 MB', 'token.huge'],
    [24, 'a gzip bomb', 'token.gzip_bomb'],
    [25, 'token_type missing', 'token.type_missing'],
    [25, 'token_type mac', 'token.type_mac'],
    [25, 'token_type N_A', 'token.type_na'],
    [25, 'token_type a number', 'token.type_number'],
    [26, 'id_token a number', 'token.id_token_number', log => qr/\bid_token\b/],
    [26, 'access_token missing', 'token.no_access_token'],
    [26, 'access_token a number', 'token.access_token_number'],
    [26, 'access_token with CRLF', 'token.access_token_crlf', status => qr/^(?:401|502)$/],
    [28, 'status 500', 'token.status_500'],
    [28, 'status 503', 'token.status_503', status => qr/^50[23]$/],
    [28, 'the connection is reset', 'token.reset'],
    [28, 'no answer at all', 'token.hang', status => 504],
    [28, 'a byte now and then', 'token.drip', status => 504];

refused_all { called => '/oauth2/token', uncalled => '/oidc/userinfo' },
    [24, 'an error with status 200', 'token.error_200', status => qr/^(?:400|502)$/],
    [22, 'invalid_grant', 'token.invalid_grant', status => 400, log => qr/invalid_grant/, also => sub {
        my ($browser, $answer) = @_;
        unlike $answer->decoded_content, qr/<b>such/, 'its description is not markup here';
    }],
    [22, 'invalid_grant with status 403', 'token.invalid_grant_403', status => 400, log => qr/invalid_grant/],
    [22, 'invalid_client', 'token.invalid_client', status => 400, log => qr/invalid_client.*Token Endpoint Auth/s],
    [26, 'no id_token', 'token.no_id_token', status => 401, log => qr/\bid_token\b/],
    [26, 'id_token empty', 'token.id_token_empty', status => qr/^(?:401|502)$/];

accepted 25, "token_type $_", "token.type_$_" for qw(lower upper);
accepted 27, "expires_in $_", "token.expires_$_" for qw(negative string null huge 2_63 float);
accepted undef, "what a login does not rest on ($_)", "token.$_"
    for qw(scope_list scope_empty scope_number refresh_empty refresh_number refresh_null unused_odd duplicate_same);

subtest 'attack 28: while one login hangs, others are served' => sub {
    faults('token.hang');
    my $url = browser();
    my $browser = browser();
    my $callback = $browser->until($page, qr{/login/callback});
    pipe(my $in, my $out) or die;
    my $pid = fork // die;
    if (!$pid) {
        close $in;
        my $code = $browser->clone->get($callback)->code;
        print {$out} $code;
        close $out;
        require POSIX;
        POSIX::_exit(0);
    }
    close $out;
    ok poll(10, sub { calls_to('/oauth2/token') }), 'the login has reached the provider';
    is browser()->get("$site/open/sorry.html")->code, 200, 'a page is served';
    is browser()->get($page)->code, 302, 'and another login begins';
    my $code = do { local $/; <$in> };
    waitpid $pid, 0;
    is $code, 504, 'the first has failed in the end';
    faults();
};

# What proves who the client is, in each way.
for my $case (['client_secret_basic', 'basic'], ['client_secret_post', 'post'], ['none', 'public'],
    ['client_secret_basic', 'odd'], ['client_secret_basic', 'discovery.basic_only'],
    ['client_secret_post', 'discovery.post_only']) {
    my ($method, $at) = @$case;
    accepted $at eq 'odd' ? 31 : undef, "client authentication by $method ($at)", [], at => $at, also => sub {
        my ($call) = calls_to('/oauth2/token');
        is $call->{auth}, $method, 'that is what was sent';
        is $call->{form}{redirect_uri}, "$site/login/callback/$at", 'with our redirect_uri, which is this provider\'s own';
    };
}

subtest 'attack 31: nothing secret in the logs, the Referer or the pages' => sub {
    faults();
    my $mark = log_mark();
    my $browser = browser();
    is $browser->visit($page)->code, 200, 'signed in';
    my @pages = @{ $browser->{trail} };
    my @calls = calls();
    my @login = grep { $_->{path} =~ m{/authorize$} } @calls;
    my ($exchange) = grep { $_->{path} =~ /token$/ } @calls;
    my ($userinfo) = grep { $_->{path} =~ /userinfo$/ } @calls;
    my %secrets = (
        'the code' => $exchange->{form}{code},
        'the verifier' => $exchange->{form}{code_verifier},
        'the access token' => $userinfo->{headers}{authorization} =~ s/^Bearer //r,
        'the session' => session_cookie($browser),
        'the state' => $login[0]{query}{state},
        'the nonce' => $login[0]{query}{nonce},
        'the client secret' => 's3cret',
    );
    faults('token.invalid_grant');
    push @pages, browser()->visit($page);
    faults('claims.aud_other');
    push @pages, browser()->visit($page);
    faults();
    my $log = log_since($mark);
    isnt $log, '', 'there is a log';
    for my $name (sort keys %secrets) {
        cmp_ok length $secrets{$name}, '>=', 6, "$name is known";
        unlike $log, qr/\Q$secrets{$name}\E/, "$name is not in the log";
        is scalar(grep { $_->content =~ /\Q$secrets{$name}\E/ } grep { $_->code >= 400 || $_->code == 200 } @pages),
            0, "$name is on no page";
    }
    ok !exists $_->{headers}{referer}, "no Referer to $_->{path}" for @calls;
};

done_testing;
