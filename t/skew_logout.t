# skew_logout.t: PlusAuthClockSkew and PlusAuthLogoutURL, and what a logout does where the provider has no address for it.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Logout;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $named = 'PlusAuthIssuer http://127.0.0.1:' . vars('faulty_port') . "/i/site-skew-named\nPlusAuthClientID client\n"
    . "PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees\n";
my $exact = PlusAuth::Site->new('skew-exact', config => "PlusAuthClockSkew 0\n<PlusAuthProvider wide>\n${named}PlusAuthClockSkew 5min\n"
    . "</PlusAuthProvider>\nAlias /wide " . vars('documentroot')
    . "/app\n<Location /wide>\nAuthType PlusAuth\nRequire valid-user\nPlusAuthProvider wide\n</Location>\n")->start;
my $usual = PlusAuth::Site->new('skew-usual')->start;

# [fault of the ID token, whether it is taken with a skew of 0, 60 s and 5 min]
for my $case (['claims.exp_just_past', 0, 1, 1], ['claims.exp_past', 0, 0, 1], ['claims.iat_near', 0, 1, 1], ['claims.iat_future', 0, 0, 0],
    ['', 1, 1, 1]) {
    my ($fault, @taken) = @$case;
    my @pages = ($exact->page, $usual->page, $exact->url('/wide/page.html'));
    for my $i (0 .. 2) {
        faults($fault || ());
        is browser()->visit($pages[$i])->code, $taken[$i] ? 200 : 401, ($fault || 'right clocks') . ', PlusAuthClockSkew ' . (qw(0 60s 5min))[$i];
    }
}
faults();

subtest 'a logout token is judged by the same clock' => sub {
    my $mark = $exact->log_mark;
    is post_token($exact->url, logout_token('site-skew-exact', { sub => 'user-1' }, 'claims.iat_near'))->code, 400, 'iat ahead, with a skew of 0';
    like $exact->log_since($mark), qr/\biat\b/, 'for its iat';
    is post_token($usual->url, logout_token('site-skew-usual', { sub => 'user-1' }, 'claims.iat_near'))->code, 200, 'and of 60 s';
};
$_->stop for $exact, $usual;

# The prompt of the login that an answer begins.
sub prompt_of {
    my ($answer) = @_;
    my %query = URI->new($answer->header('Location') // '')->query_form;
    return $query{prompt};
}

subtest 'a provider without end_session_endpoint: the next login of that browser asks for the user' => sub {
    faults('discovery.no_end_session');
    my $site = PlusAuth::Site->new('no-end')->start;
    my $browser = browser();
    is $browser->visit($site->page)->code, 200, 'signed in';
    is prompt_of(browser()->get($site->page)), undef, 'a login as any';
    my $mark = $site->log_mark;
    is $browser->get($site->url('/logout'))->header('Location'), $site->url('/'), 'signed out';
    like $site->log_since($mark), qr/end_session_endpoint.*PlusAuthLogoutURL/, 'the log says what that means, and the cure';
    is prompt_of($browser->get($site->page)), 'login', 'the next login asks';
    is prompt_of($browser->get($site->page)), 'login', 'also when it is begun twice';
    is prompt_of($browser->get($site->url('/login?prompt=consent'))), 'consent', 'whoever wants to be asked otherwise is';
    is prompt_of(browser()->get($site->page)), undef, 'another browser signs in as before';
    is $browser->visit($site->page)->code, 200, 'signed in again';
    is prompt_of($browser->get($site->url('/login?prompt='))) // '', '', 'then it is over';
    unlike $browser->get($site->page)->as_string, qr/login-o/, 'and no mark is left';
    $site->stop;
};

subtest 'PlusAuthLogoutURL: where a logout goes then, as it is written' => sub {
    faults('discovery.no_end_session');
    my $url = 'https://idp.example.test/bye?client_id=1&logout_uri=https%3A%2F%2Fwww.example.test%2F';
    my $site = PlusAuth::Site->new('end-url', config => "PlusAuthLogoutURL $url\n")->start;
    my $browser = browser();
    is $browser->visit($site->page)->code, 200, 'signed in';
    my $answer = $browser->get($site->url('/logout'));
    is $answer->header('Location'), $url, 'the browser goes there';
    ok !signed_in($browser, $site->page), 'and is signed out here';
    is $browser->visit($site->page)->code, 200, 'signed in';
    like $browser->get($site->url('/logout'), site => 'cross-site')->header('Content-Security-Policy') // '',
        qr{form-action 'self' https://idp\.example\.test;}, 'the page that asks may go there too';
    faults();
    $site->stop;
    $site = PlusAuth::Site->new('end-both', config => "PlusAuthLogoutURL $url\n")->start;
    $browser = browser();
    is $browser->visit($site->page)->code, 200, 'signed in where discovery names an endpoint';
    like $browser->get($site->url('/logout'))->header('Location'), qr{/oidc/logout\?}, 'which comes first';
    $site->stop;
};

done_testing;
