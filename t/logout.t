# logout.t: RP-Initiated Logout 1.0 (attack 63): the local session is gone whatever the provider says, and
# no other site can end it.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Test;
use Test::More;
use URI;

my $app = site('app');
my $page = "$app/app/page.html";

sub signed_in_browser {
    my ($url) = @_;
    my $browser = browser();
    die "no login\n" if $browser->visit($url || $page)->code != 200;
    return $browser;
}

subtest 'with the provider' => sub {
    faults();
    my $browser = signed_in_browser();
    my $answer = $browser->get("$app/logout");
    is $answer->code, 302, 'on to the provider';
    like $answer->header('Cache-Control'), qr/no-store/, 'not to be stored';
    ok !defined session_cookie($browser), 'the cookie is gone already';
    my $url = URI->new($answer->header('Location'));
    like $url, qr{/i/app/oidc/logout\?}, 'its end session endpoint';
    my %query = $url->query_form;
    is $query{post_logout_redirect_uri}, "$app/logout", 'with where to return to';
    is $query{client_id}, 'client', 'who we are';
    like $query{id_token_hint}, qr/^[\w-]+\.[\w-]+\.[\w-]+$/, 'who is leaving';
    like $query{state}, qr/^[\w-]{16,}$/, 'and a state';
    my $home = $browser->visit($url->as_string);
    is $home->{seen_url}, "$app/", 'and home again';
    ok !signed_in($browser, $page), 'signed out';
};

subtest 'never signed in' => sub {
    faults();
    my $answer = browser()->get("$app/logout");
    is $answer->code, 302, 'nothing to do';
    is $answer->header('Location'), "$app/", 'home';
    is $answer->header('Set-Cookie'), undef, 'no cookie';
    is scalar calls(), 0, 'the provider was not asked';
};

for my $query ('', '?state=', '?state=nonsense', '?state=' . 'A' x 54, '?state=a&state=b', '?x') {
    subtest "attack 63: a return with a wrong state ('$query') while signed in" => sub {
        my $browser = signed_in_browser();
        my $answer = $browser->get("$app/logout$query");
        is $answer->code, 302, 'is a logout as any';
        ok !signed_in($browser, $page), 'the session is gone';
        is browser()->get("$app/logout$query")->header('Location'), "$app/", 'and home when there is none';
    };
}

subtest 'attack 63: a provider without an end session endpoint' => sub {
    my $url = site('attack') . '/p/discovery.no_end_session/page.html';
    my $browser = signed_in_browser($url);
    my $answer = $browser->visit(site('attack') . '/logout');
    is $answer->{seen_url}, site('attack') . '/', 'home';
    ok !signed_in($browser, $url), 'the session is gone';
};

subtest 'attack 63: the way back leads nowhere else' => sub {
    for my $query ('return_to=//evil.example', 'post_logout_redirect_uri=https://evil.example/', 'next=https://evil.example') {
        my $browser = signed_in_browser();
        my $answer = $browser->get("$app/logout?$query");
        my %query = URI->new($answer->header('Location'))->query_form;
        is $query{post_logout_redirect_uri}, "$app/logout", $query;
    }
};

for my $case (['a link on another site', 'cross-site', 'get'], ['a form on another site', 'cross-site', 'post'],
    ['a link on another port or subdomain', 'same-site', 'get'], ['an image on another site', 'cross-site', 'get',
        'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image'], ['no Sec-Fetch-Site', undef, 'get'],
    ['an image on a page of ours', 'same-origin', 'get', 'Sec-Fetch-Mode' => 'no-cors', 'Sec-Fetch-Dest' => 'image'],
    ['a browser that loads a page beforehand', 'none', 'get', 'Sec-Purpose' => 'prefetch;prerender'],
    ['a form, no Sec-Fetch-Site', undef, 'post']) {
    my ($name, $from, $method, @headers) = @$case;
    subtest "nobody is signed out by $name" => sub {
        my $browser = signed_in_browser();
        my $answer = $method eq 'post' ? $browser->post("$app/logout", { confirm => 'yes' }, site => $from, @headers)
            : $browser->get("$app/logout", site => $from, @headers);
        $answer = $browser->request('GET', "$app/logout", [Accept => 'text/html']) if !defined $from && $method eq 'get';
        is $answer->code, 200, 'a page that asks';
        ok signed_in($browser, $page), 'the session lives';
        my $done = $browser->submit($answer);
        ok !signed_in($browser, $page), 'until a person confirms';
        is $done->{seen_url}, "$app/", 'then as any logout';
    };
}

subtest 'a confirmation is good for its own session alone' => sub {
    my $attacker = signed_in_browser();
    my $page_of_attacker = $attacker->get("$app/logout", site => 'cross-site');
    my ($ticket) = $page_of_attacker->decoded_content =~ /name="confirm" value="([^"]+)"/;
    like $ticket, qr/^[\w-]{20,}$/, 'a ticket';
    my $victim = signed_in_browser();
    $victim->post("$app/logout", { confirm => $ticket }, site => 'cross-site');
    ok signed_in($victim, $page), 'not for others';
    $attacker->post("$app/logout", { confirm => $ticket }, site => 'same-site');
    ok !signed_in($attacker, $page), 'for its own it is';
};

subtest 'other methods' => sub {
    my $browser = signed_in_browser();
    is $browser->get("$app/logout", method => $_)->code, 405, $_ for qw(PUT DELETE);
    ok signed_in($browser, $page), 'the session lives';
};

subtest 'a return with a state that is genuine does not sign out the next user' => sub {
    my $browser = signed_in_browser();
    my $provider = $browser->get("$app/logout")->header('Location');
    my $back = $browser->get($provider)->header('Location');
    $browser->visit($page);
    ok signed_in($browser, $page), 'signed in again meanwhile';
    my $answer = $browser->get($back);
    is $answer->header('Location'), "$app/", 'home';
    ok signed_in($browser, $page), 'and still signed in';
};

# RFC 7009: what outlives the provider's session ends with ours.

subtest 'the access token is revoked' => sub {
    faults();
    my $browser = signed_in_browser();
    my ($token) = map { $_->{headers}{authorization} =~ /^Bearer (.+)/ } calls_to('/oidc/userinfo');
    $browser->get("$app/logout");
    my @calls = calls_to('/oauth2/revoke');
    is scalar @calls, 1, 'one request';
    is $calls[0]{method}, 'POST', 'a POST';
    is $calls[0]{form}{token}, $token, 'of this session\'s token';
    is $calls[0]{form}{token_type_hint}, 'access_token', 'with what it is';
    is $calls[0]{auth}, 'client_secret_basic', 'and who we are';
    is $calls[0]{status}, 200, 'which the provider takes';
    unlike $calls[0]{body}, qr/s3cret/, 'the secret only where it belongs';
};

subtest 'the refresh token is, when there is one: it takes its access tokens along' => sub {
    faults('token.refresh_token');
    my $browser = signed_in_browser();
    $browser->get("$app/logout");
    my @calls = calls_to('/oauth2/revoke');
    is scalar @calls, 1, 'one request';
    is $calls[0]{form}{token}, 'a-refresh-token', 'the refresh token';
    is $calls[0]{form}{token_type_hint}, 'refresh_token', 'said to be one';
    faults();
};

subtest 'not where the provider advertises no revocation' => sub {
    my $url = site('attack') . '/p/discovery.no_revocation/page.html';
    my $browser = signed_in_browser($url);
    faults();
    my $answer = $browser->get(site('attack') . '/logout');
    like $answer->header('Location'), qr{/oidc/logout\?}, 'on to the provider';
    is scalar calls_to('/oauth2/revoke'), 0, 'which was not asked';
};

for my $fault (qw(status_400 status_503 redirect reset hang)) {
    subtest "attack 63: revocation fails: $fault" => sub {
        faults();
        my $browser = signed_in_browser();
        my $copy = $browser->clone;
        faults("revocation.$fault");
        my $mark = log_mark();
        my $answer = $browser->get("$app/logout");
        my $where = $answer->header('Location') // $answer->decoded_content;
        is $answer->code, $fault =~ /reset|hang/ ? 200 : 302, 'the logout goes on';
        like $where, qr{/oidc/logout\?}, 'to the provider, or with a link there when it cannot be reached';
        ok !signed_in($copy, $page), 'the session is gone';
        like log_since($mark), qr/a token was not revoked/, 'the log tells';
        is scalar(grep { $_->{path} =~ /stolen/ } calls()), 0, 'and the token went nowhere else';
        faults();
    };
}

subtest 'attack 63: the local session is gone before the provider is asked' => sub {
    faults();
    my $browser = signed_in_browser();
    my $copy = $browser->clone;
    faults('revocation.hang');
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        $browser->clone->get("$app/logout");
        require POSIX;
        POSIX::_exit(0);
    }
    ok poll(20, sub { calls_to('/oauth2/revoke') }), 'the provider is being asked';
    ok !signed_in($copy, $page), 'and the session is gone already';
    waitpid $pid, 0;
    faults();
};

subtest 'attack 63: the provider is down' => sub {
    my $down = site('logout_down');
    provider('', { open => ['flaky'] });
    my $browser = signed_in_browser("$down/app/page.html");
    my $copy = $browser->clone;
    provider('', { close => ['flaky'] });
    my $mark = log_mark();
    my $answer = $browser->get("$down/logout");
    ok !signed_in($copy, "$down/app/page.html"), 'the session is gone';
    ok !defined session_cookie($browser), 'and so is the cookie';
    like log_since($mark), qr/signed out \(user\): session [0-9a-f]{8}/, 'the log tells';
    is $answer->code, 200, 'a page';
    like page_text($answer), qr/Signed out here.*could not be told/, 'that says what could not be done';
    like $answer->decoded_content, qr{href="[^"]*/i/logout_down/oidc/logout\?[^"]*client_id=client}, 'and where to try it again';
    like $answer->header('Cache-Control'), qr/no-store/, 'not to be stored';
};

subtest 'an ID token whose key the provider has no more is no hint: it would refuse the logout' => sub {
    my $url = site('attack') . '/p/gone/page.html';
    faults();
    my $before = signed_in_browser($url);
    faults('jwks.rolled');
    my $after = signed_in_browser($url);
    for my $case ([$before, 0, 'signed in with the old key'], [$after, 1, 'signed in with the new one']) {
        my ($browser, $hinted, $name) = @$case;
        faults('jwks.rolled');
        my %query = URI->new($browser->get(site('attack') . '/logout')->header('Location'))->query_form;
        is exists $query{id_token_hint} ? 1 : 0, $hinted, "$name: " . ($hinted ? 'with the hint' : 'without');
        is $query{client_id}, 'client', 'client_id says who we are';
        is scalar calls_to('/jwks'), 0, 'and no keys were fetched for it';
    }
    faults();
};

subtest 'an ID token that would make the URL too long is left out' => sub {
    faults('claims.groups_200');
    my $browser = signed_in_browser();
    faults();
    my $location = $browser->get("$app/logout")->header('Location');
    my %query = URI->new($location)->query_form;
    cmp_ok length $location, '<', 4000, 'a URL that every server takes';
    ok !exists $query{id_token_hint}, 'no id_token_hint';
    is $query{client_id}, 'client', 'client_id says who we are';
    is $query{post_logout_redirect_uri}, "$app/logout", 'and where to return to';
    is $browser->visit($location)->{seen_url}, "$app/", 'which is what happens';
};

done_testing;
