# site.t: protected places among other modules: mod_headers, mod_rewrite, ErrorDocument, other Require rules.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $more = site('more');
faults();
my $browser = browser();
is $browser->visit("$more/app/page.html")->code, 200, 'signed in';

subtest 'claims in headers that mod_headers sets, and in what mod_rewrite decides' => sub {
    my $answer = $browser->get("$more/headers/cgi", 'X-Site-Email' => 'FORGED', 'X-Site-User' => 'FORGED');
    my $env = environment($answer);
    is $env->{HTTP_X_SITE_EMAIL}, 'ada@example.test', 'RequestHeader with a variable';
    is $env->{HTTP_X_SITE_USER}, 'user-1', 'RequestHeader with an expression';
    is $answer->header('X-Greeting'), 'ada', 'Header';
    is $env->{REWRITTEN}, 'user-1', 'RewriteCond and RewriteRule';
};

subtest 'error pages of the site' => sub {
    my $answer = browser()->fetch("$more/site-errors/page.html");
    is $answer->code, 401, 'not signed in';
    like $answer->content, qr/sorry, not here/, 'the page of the site';
    $answer = $browser->get("$more/site-errors/page.html");
    is $answer->code, 403, 'not allowed';
    is $answer->content, 'not for you', 'the text of the site';
};

subtest 'other rules inside of a protected place' => sub {
    is browser()->get("$more/mixed/x/page.html")->code, 302, 'a login is needed';
    is browser()->get("$more/mixed/open/page.html")->code, 200, 'unless it is for everybody';
    is $browser->get("$more/mixed/none/page.html")->code, 403, 'or for nobody';
    is browser()->get("$more/mixed/none/page.html")->code, 403, 'at all';
    is browser()->get("$more/mixed/either/page.html")->code, 302, 'of two ways in none is taken';
    is browser()->get("$more/mixed/either/page.html", 'X-Let-In' => 'yes')->code, 200, 'or one';
    is $browser->get("$more/mixed/either/page.html")->code, 200, 'or the other';
};

subtest 'a whole site' => sub {
    my $whole = site('whole');
    my $visitor = browser();
    my $answer = $visitor->visit("$whole/app/page.html");
    is $answer->code, 200, 'signed in';
    ok $answer->content =~ $PROTECTED, 'the page';
    is browser()->get("$whole/open/sorry.html")->code, 302, 'all of it is protected';
    is browser()->get("$whole/nowhere")->code, 302, 'what is not there, too';
    is $visitor->get("$whole/nowhere")->code, 404, 'as one learns who may';
    is browser()->get("$whole/login")->code, 302, 'the login path begins a login';
    is browser()->get("$whole/login/callback")->code, 400, 'the callback answers';
    is browser()->get("$whole/logout")->header('Location'), "$whole/", 'and logout';
    is browser()->get("$whole/login/x")->code, 302, 'but what is below them is protected';
};

subtest 'caches, ranges and conditions' => sub {
    my $answer = $browser->get("$more/app/page.html");
    my $tag = $answer->header('ETag');
    like $answer->header('Cache-Control'), qr/private/, 'a page';
    $answer = $browser->get("$more/app/page.html", 'If-None-Match' => $tag);
    is $answer->code, 304, 'not modified';
    like $answer->header('Cache-Control'), qr/private/, 'neither is for shared caches';
    $answer = $browser->get("$more/app/page.html", Range => 'bytes=0-4');
    is $answer->code, 206, 'a part';
    like $answer->header('Cache-Control'), qr/private/, 'nor is a part';
    is browser()->get("$more/app/page.html", 'If-None-Match' => $tag)->code, 302, 'who knows the tag knows nothing';
    is browser()->get("$more/app/page.html", Range => 'bytes=0-4')->code, 302, 'nor gets a part';
};

subtest 'a start page that is protected by its own name' => sub {
    my $documents = vars('documentroot');
    my %looks = (
        'DirectoryIndex' => "DirectoryIndex page.html",
        'DirectoryIndex with others before it' => "DirectoryIndex absent.html page.html",
        'FallbackResource' => "DirectoryIndex disabled\n    FallbackResource /x/page.html",
    );
    for my $name (sort keys %looks) {
        my $own = PlusAuth::Site->new('start', modules => [qw(dir alias include mime autoindex)], config => <<"CONFIG")->start;
Alias /x $documents/app
<Location "/x">
    $looks{$name}
</Location>
<LocationMatch "^/x/page\\.html\$">
    AuthType PlusAuth
    Require valid-user
    PlusAuthAuthParam acr_values place
</LocationMatch>
CONFIG
        my $path = $name =~ /Fallback/ ? '/x/anything' : '/x/';
        my $visitor = browser();
        my $answer = $visitor->get($own->url("$path?a=b"));
        is $answer->code, 302, "$name: who is not signed in goes to login";
        like $answer->header('Location'), qr/acr_values=place/, 'as the place says';
        is scalar(login_cookies($visitor)), 1, 'with one cookie';
        $answer = $visitor->visit($own->url("$path?a=b"));
        is $answer->code, 200, 'and then';
        ok $answer->content =~ $PROTECTED, 'sees the page';
        like $answer->{seen_url}, qr{\Q$path\E\?a=b$}, 'where it was asked for';
        like join(',', $answer->header('Cache-Control')), qr/\bprivate\b/, 'which is for this user alone';
        $answer = browser()->fetch($own->url($path));
        is $answer->code, 401, 'a script is told';
        is json($answer)->{error}, 'login_required', 'in JSON';
        like $answer->header('WWW-Authenticate'), qr/^PlusAuth /, 'and where to log in';
        $own->stop;
    }
};

done_testing;
