# cookies.t: the Cookie header, in which others write too: what counts as a cookie of ours, and what the
# application gets of the rest.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Test;
use Test::More;

my $app = site('app');
my $page = "$app/app/page.html";
faults();

sub signed_in_browser {
    my $browser = browser();
    die "no login\n" if $browser->visit($page)->code != 200;
    return $browser;
}

my $browser = signed_in_browser();
my $good = session_cookie($browser);

# RFC 6265 5.4, RFC 9113 8.2.3: only ';' divides. Browsers let any page of the site write a comma into a value.
subtest 'a session behind a comma in a value is none' => sub {
    for my $planted ("theme=dark, plusauth=$good", "theme=dark,plusauth=$good", "a=1; theme=dark, plusauth=$good; b=2",
        "theme=\"dark, plusauth=$good\"", "theme=, plusauth=$good", ", plusauth=$good", "x, plusauth=$good",
        "theme=dark,\tplusauth=$good", "plusauth=x, plusauth=$good", "plusauth-login-0=x, plusauth=$good",
        "plusauth=$good, theme=dark") {
        is browser()->get($page, Cookie => $planted)->code, 302, $planted =~ s/\Q$good\E/SESSION/r;
    }
};

subtest 'a session is found beside values with commas in them' => sub {
    my $other = 'B' x 43;
    for my $cookie ("theme=dark, x; plusauth=$good", "plusauth=$good; theme=dark, plusauth=$other", "a, b; plusauth=$good") {
        is browser()->get($page, Cookie => $cookie)->code, 200, $cookie =~ s/\Q$good\E/SESSION/r;
    }
};

subtest 'a login that is planted behind a comma is none' => sub {
    my $attacker = browser();
    my $callback = $attacker->until($page, qr{/login/callback});
    my ($name) = login_cookies($attacker);
    my %cookies = $attacker->cookies;
    my $answer = browser()->get($callback, Cookie => "theme=dark, $name=$cookies{$name}");
    is $answer->code, 400, 'nobody is signed in as the attacker';
    is $answer->header('Set-Cookie'), undef, 'and no cookie is set';
};

subtest 'with a value like that a visitor can sign in all the same, and stays signed in' => sub {
    my $visitor = browser();
    $visitor->set_cookie(theme => 'dark, plusauth=x, plusauth-login-0=y');
    is $visitor->visit($page)->code, 200, 'signs in';
    is $visitor->get($page)->code, 200, 'is signed in';
};

subtest 'what is not ours reaches the application byte for byte' => sub {
    for my $case (['a=1; b=2', 'a=1; b=2'], ['plusauth=S', undef], [' plusauth=S ; ', undef], ['lonely; plusauth=S; b=2', 'lonely; b=2'],
        ['x="a; b"; plusauth=S', 'x="a; b"'], ['plusauth=S; x="a; b";', 'x="a; b";'], ['a=1;plusauth=S;b=2', 'a=1;b=2'],
        ['a=1;b=2;  c="x, y"', 'a=1;b=2;  c="x, y"'], [';;a=1;;plusauth=S;;b=2;', ';;a=1;;;b=2;'], ['=x; plusauth=S; =', '=x; ='],
        ['a=1; plusauth=S;', 'a=1;'], ['theme=dark, plusauth=T; plusauth=S', 'theme=dark, plusauth=T'],
        ['plusauthx=1; plusauth=S; xplusauth=2; plusauth-login=3', 'plusauthx=1; xplusauth=2; plusauth-login=3'],
        ['a=1, b=2; plusauth-login-7=L; c', 'a=1, b=2; c']) {
        my ($cookie, $expected) = @$case;
        for my $path ('/cgi', '/open/cgi', '/pass/cgi', '/proxy') {
            my $env = environment($browser->get("$app$path", Cookie => $cookie =~ s/=S\b/=$good/r));
            next if $path =~ m{^/(?:cgi|proxy)$} && $cookie !~ /=S\b/; # nobody is signed in
            is $env->{HTTP_COOKIE}, $expected, "$cookie at $path";
        }
    }
};

done_testing;
