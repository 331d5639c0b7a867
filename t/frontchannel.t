# frontchannel.t: OpenID Connect Front-Channel Logout 1.0 (attack 62): a frame on the provider's page
# ends the session of the browser that shows it, and nothing else does; nobody else may frame it.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Logout;
use PlusAuth::Test;
use Test::More;
use URI;

my $site = site('logout');
my $page = "$site/app/page.html";
my $provider = 'http://127.0.0.1:' . vars('faulty_port');
my $issuer = "$provider/i/logout";
faults();

# What the provider's page puts into its frame; the browser sends the cookie where it is same-site.
sub frame {
    my ($browser, %query) = @_;
    my $url = URI->new("$site/logout/frontchannel");
    $url->query_form(map { $_ => $query{$_} } sort keys %query);
    return $browser->get($url->as_string, site => 'cross-site', 'Sec-Fetch-Dest' => 'iframe');
}

sub framers {
    my ($answer) = @_;
    return $answer->header('Content-Security-Policy') =~ /frame-ancestors ([^;]*)/ ? $1 : undef;
}

subtest 'iss and sid of this browser\'s session' => sub {
    my $browser = signed_in_at($page);
    my $other = signed_in_at($page);
    my $mark = log_mark();
    my $copy = $browser->clone;
    my $answer = frame($browser, iss => $issuer, sid => sid_of($browser));
    is $answer->code, 200, 'a page';
    is $answer->header('Cache-Control'), 'no-store', 'not to be stored';
    is framers($answer), $provider, 'for frames of the provider alone';
    is $answer->header('X-Frame-Options'), undef, 'and nothing says otherwise';
    unlike $answer->content, qr/<script|http:/, 'without anything in it';
    ok !defined session_cookie($browser), 'the cookie is gone';
    ok !signed_in($browser, $page), 'signed out';
    ok !signed_in($copy, $page), 'a copy of the cookie is dead too';
    ok signed_in($other, $page), 'the same user elsewhere is not';
    like log_since($mark), qr/signed out \(front channel\): session [0-9a-f]{8}\b/, 'the log tells';
};

subtest 'gone already: the frame may still be shown' => sub {
    my $browser = signed_in_at($page);
    my $sid = sid_of($browser);
    frame($browser, iss => $issuer, sid => $sid) for 1 .. 2;
    my $answer = frame($browser, iss => $issuer, sid => $sid);
    is $answer->code, 200, 'a page as before';
    is framers($answer), $provider, 'for the provider';
    is $answer->header('Set-Cookie'), undef, 'no cookie';
};

my $browser = signed_in_at($page);
my $sid = sid_of($browser);
my $elsewhere = sid_of(signed_in_at($page));
my $neighbour = sid_of(signed_in_at("$site/neighbour/page.html"));

# [what, its query, who may frame the answer]
for my $case (
    ['no parameters', {}, "'none'"],
    ['no iss', { sid => $sid }, "'none'"],
    ['no sid', { iss => $issuer }, $provider],
    ['iss empty', { iss => '', sid => $sid }, undef],
    ['sid empty', { iss => $issuer, sid => '' }, $provider],
    ['another sid', { iss => $issuer, sid => 'x' }, $provider],
    ['the sid of another browser', { iss => $issuer, sid => $elsewhere }, $provider],
    ['the sid in another case', { iss => $issuer, sid => uc $sid }, $provider],
    ['the sid with more behind', { iss => $issuer, sid => "$sid " }, $provider],
    ['another iss', { iss => 'https://evil.example', sid => $sid }, "'none'"],
    ['iss with a slash', { iss => "$issuer/", sid => $sid }, "'none'"],
    ['iss in another case', { iss => uc $issuer, sid => $sid }, "'none'"],
    ['the iss of another provider here', { iss => "$provider/i/neighbour", sid => $sid }, $provider],
    ['another provider here, of its own session', { iss => "$provider/i/neighbour", sid => $neighbour }, $provider],
    ['a part of iss', { iss => "$provider/i/log", sid => $sid }, "'none'"],
) {
    my ($name, $query, $framers) = @$case;
    subtest "attack 62: $name" => sub {
        my $mark = log_mark();
        my $answer = frame($browser, %$query);
        is $answer->code, 200, 'a page that tells nothing';
        my $line = $name =~ /^no |empty$/
            ? qr/no iss or no sid .*frontchannel_logout_session_required/ : qr/iss and sid are not those/;
        like log_since($mark), $line, 'the log says why';
        is framers($answer), $framers, 'framed by whom iss says, if it is a provider here' if $framers;
        unlike $answer->header('Content-Security-Policy'), qr/evil|\*/, 'and nobody else';
        ok signed_in($browser, $page), 'nobody is signed out';
    };
}

subtest 'attack 62: iss or sid twice' => sub {
    for my $query ("iss=$issuer&sid=$sid&sid=$sid", "iss=$issuer&iss=$issuer&sid=$sid", "iss=$issuer&sid=$sid&x=%zz") {
        my $answer = $browser->get("$site/logout/frontchannel?$query");
        is framers($answer), "'none'", $query;
    }
    ok signed_in($browser, $page), 'nobody is signed out';
};

subtest 'attack 62: without the browser\'s cookie' => sub {
    my $answer = frame(browser(), iss => $issuer, sid => $sid);
    is $answer->code, 200, 'a page as any';
    is $answer->header('Set-Cookie'), undef, 'no cookie';
    ok signed_in($browser, $page), 'whoever knows a sid signs nobody out';
};

subtest 'attack 62: other methods' => sub {
    my $url = "$site/logout/frontchannel?iss=$issuer&sid=$sid";
    for my $method (qw(POST PUT DELETE)) {
        my $answer = $browser->get($url, method => $method);
        is $answer->code, 405, $method;
        like $answer->header('Allow'), qr/^(?!.*(?:POST|PUT|DELETE)).*\bGET\b/, 'and which would do';
    }
    ok signed_in($browser, $page), 'nobody is signed out';
};

subtest 'attack 62: framing is allowed only there' => sub {
    my %pages = ('the login\'s error' => "$site/login/callback?error=x", 'the question' => "$site/logout",
        'a profile' => site('app') . '/profile', 'back channel' => "$site/logout/backchannel",
        'an error' => site('app') . '/u/403/page.html');
    my $guest = signed_in_at(site('app') . '/app/page.html');
    for my $name (sort keys %pages) {
        my $answer = ($name =~ /profile/ ? $guest : $name =~ /question/ ? $browser : browser())
            ->get($pages{$name}, site => 'cross-site');
        like $answer->header('Content-Security-Policy') // '', qr/frame-ancestors 'none'/, "$name: " . $answer->code;
    }
    ok signed_in($browser, $page), 'nobody is signed out';
};

subtest 'a session without sid ends by no frame' => sub {
    faults('claims.sid_missing');
    my $nameless = signed_in_at($page);
    faults();
    frame($nameless, iss => $issuer, sid => $_) for '', 'undefined', 'null', sid_of($nameless);
    ok signed_in($nameless, $page), 'it lives';
};

done_testing;
