# pages.t: pages name the site, not the tutorial's, and offer what somebody in that situation can do
# (site-owner D16, providers 4).
use strict;
use warnings;
use utf8;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $OTHERS = "<Location /other>\nAuthType PlusAuth\nRequire user somebody-else\n</Location>\n";
faults();
my $named = PlusAuth::Site->new('pages', config => "PlusAuthTitle \"Example & Sons\" Example\n$OTHERS")->start;
my $plain = PlusAuth::Site->new('pages-plain')->start;

sub title { return $_[0]->decoded_content =~ m{<title>(.*?)</title>}s ? $1 : undef }
sub header { return $_[0]->decoded_content =~ m{<header.*?</header>}s ? $& : '' }

subtest 'PlusAuthTitle is in the title and in the header' => sub {
    my $page = browser()->get($named->url('/login/callback?code=x&state=y'));
    is title($page), 'Sign-in was not completed · Example &amp; Sons', 'the title, entity-encoded';
    like header($page), qr{<span>Example</span>}, 'the short name in the header';
    unlike $page->decoded_content, qr/Starter/, 'nothing of the tutorial';
    like page_text($page), qr/cookie/, 'a login whose state is not found speaks of cookies';
};

subtest 'without it, pages carry the name of the host' => sub {
    my $page = browser()->get($plain->url('/login/callback?code=x&state=y'));
    like title($page), qr/· localhost$/, 'in the title';
    like header($page), qr{<span>localhost</span>}, 'and in the header';
    unlike $page->decoded_content, qr/Starter/, 'nothing of the tutorial';
};

subtest 'somebody who is signed in is asked whether to sign out, and is not offered to log in' => sub {
    my $browser = browser();
    $browser->visit($named->page);
    my $page = $browser->get($named->url('/logout'), site => 'cross-site');
    like page_text($page), qr/Sign out\?/, 'asked';
    like header($page), qr/Logged in as: \w/, 'the header names the user';
    unlike header($page), qr/Login/, 'and has no login';
};

subtest 'a 403 says which account it is and offers another' => sub {
    my $browser = browser();
    $browser->visit($named->page);
    my $page = $browser->get($named->url('/other/page.html?a=1&b=2'));
    is $page->code, 403, 'not allowed';
    like page_text($page), qr/Your account here: \w/, 'the account';
    my ($link) = $page->decoded_content =~ m{href="([^"]+)">Sign in with another account<};
    is $link, '/login?prompt=login&amp;return_to=%2Fother%2Fpage.html%3Fa%3D1%26b%3D2', 'the way to another, and back here';
    my $login = $browser->get($named->url($link =~ s/&amp;/&/gr));
    like $login->header('Location') // '', qr{/authorize\?.*\bprompt=login\b}, 'the provider is asked for a new login';
};

subtest 'who cancels at the provider is told that nothing happened, and can go back' => sub {
    faults('authorize.access_denied');
    my $page = browser()->visit($named->page);
    faults();
    is $page->code, 403, 'refused';
    like page_text($page), qr/cancelled.*Nothing has changed/, 'it says so';
    like $page->decoded_content, qr{href="/login">Sign in again<.*href="/">Home<}s, 'both ways are offered';
};

done_testing;
