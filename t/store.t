# store.t: a store that does not answer, or is too small: 503, never a login loop, and never open.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

# 503 with Retry-After, and nothing given away.
sub unavailable {
    my ($answer, $name) = @_;
    return subtest $name => sub {
        is $answer->code, 503, 'status 503';
        like $answer->header('Retry-After'), qr/^\d+$/, 'Retry-After';
        ok $answer->decoded_content !~ $PROTECTED, 'nothing protected';
        ok !(grep { /^plusauth=[^;]/ } $answer->header('Set-Cookie')), 'no session cookie';
    };
}

# [virtual host, fault that makes the session too large for it]
for my $case (['store_down'], ['store_tiny', 'userinfo.claims_9k']) {
    my ($name, @faults) = @$case;
    my $site = site($name);
    my $page = "$site/app/page.html";
    subtest "a store that cannot keep the session ($name)" => sub {
        faults(@faults);
        my $browser = browser();
        unavailable($browser->visit($page), 'a login');
        is scalar calls_to('/authorize'), 1, 'is tried once, not over and over';
        my $callback = $browser->until($page, qr{/login/callback});
        my $json = $browser->get($callback, Accept => 'application/json');
        is json($json)->{error}, 'temporarily_unavailable', 'and as JSON';
        is $browser->get("$site/open/sorry.html")->code, 200, 'what is not protected is served';
        return if $name eq 'store_down';
        faults();
        is browser()->visit($page)->code, 200, 'a smaller session is kept';
    };
}

subtest 'a user of whom the provider says more than a session holds' => sub {
    my $page = site('app') . '/app/page.html';
    my $mark = log_mark();
    faults('userinfo.claims_80k');
    is browser()->visit($page)->code, 200, 'is signed in all the same';
    like log_since($mark), qr/too large: \d+ of the user's variables are left out: PLUSAUTH_CLAIM_extra_/, 'and the log says what is not there';
    faults();
};

subtest 'a store that does not answer, and a browser that has a session' => sub {
    my $site = site('store_down');
    my $browser = browser();
    $browser->set_cookie(plusauth => 'A' x 43);
    faults();
    unavailable($browser->get("$site/app/page.html"), 'a navigation');
    unavailable($browser->fetch("$site/app/page.html"), 'a fetch');
    unavailable($browser->get("$site/login"), 'the login path');
    unavailable($browser->get("$site/logout", site => 'same-origin'), 'the logout path');
    is scalar calls(), 0, 'nobody was sent to the provider';
    is $browser->get("$site/open/sorry.html")->code, 200, 'what is not protected is served';
    like log_since(0), qr/session store does not answer/, 'the log says so';
};

subtest 'a store that is too small for all' => sub {
    my $small = PlusAuth::Site->new('small');
    $small->configure("PlusAuthSessionStore shmcb:small(65536)\n<Location /metrics>\nSetHandler plusauth-metrics\n</Location>\n")->start;
    faults();
    my $begun = time;
    my @browsers = map { browser() } 1 .. 40;
    is scalar(grep { $_->visit($small->page)->code != 200 } @browsers), 0, 'takes everybody';
    my $lost = grep { !signed_in($_, $small->page) } @browsers;
    cmp_ok $lost, '>', 0, 'and loses some';
    my ($dropped) = browser()->get($small->url('/metrics'))->content =~ /^plusauth_store_dropped_total\{store="shmcb"\} (\d+)$/m;
    cmp_ok $dropped, '>=', $lost, 'the metrics say so';
    my $minutes = int((time - $begun) / 60);
    my @told = $small->log_since(0) =~ /the session store is full: up to (\d+) sessions were lost/g;
    ok @told && @told <= 1 + $minutes, 'the log too, once a minute' or diag scalar @told;
    ok !(grep { $_ < 1 || $_ > $dropped } @told), 'with how many that were since the last time' or diag "@told of $dropped";
    undef $small;
};

done_testing;
