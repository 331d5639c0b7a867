# caching.t: what was made for one user is kept by no cache that serves others, whatever the administrator says of
# caching: mod_cache on the same server is one.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

faults();
my $cgi = vars('serverroot') . '/cgi-bin/env.pl';
my $documents = vars('documentroot');
my @MODULES = qw(alias cgid env headers expires setenvif cache cache_disk cache_socache socache_shmcb include mime deflate filter);

sub cached_site {
    my ($store, $quick, $says) = @_;
    my $site = PlusAuth::Site->new('cached', modules => \@MODULES);
    my $directory = $site->directory . '/cache';
    mkdir $directory;
    my $cache = $store eq 'disk' ? "CacheRoot $directory\n" : "CacheSocache shmcb:$directory/c(512000)\n";
    return $site->configure($cache . <<"CONFIG")->start;
CacheEnable $store /
CacheQuickHandler $quick
CacheHeader on
CacheIgnoreNoLastMod On
CacheStaleOnError on
$says
Alias /pass $documents/app
Alias /run $cgi
<Location "/run">
    SetHandler cgi-script
    Options +ExecCGI
    AuthType PlusAuth
    Require valid-user
</Location>
<Location "/pass">
    AuthType PlusAuth
    PlusAuthUnauthenticated pass
    Require all granted
</Location>
<Directory "$documents/open">
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
</Directory>
CONFIG
}

my @says = ('Header set Cache-Control "max-age=600"', 'Header always set Cache-Control "max-age=600"',
    "Header set Cache-Control \"public, max-age=600\"\nHeader always set Cache-Control \"public, s-maxage=600\"",
    "Header set Cache-Control \"max-age=600, private=\\\"Set-Cookie\\\"\"", "Header append Cache-Control \"s-maxage=600\"",
    "Header set CDN-Cache-Control \"max-age=600\"\nHeader set Surrogate-Control \"max-age=600\"",
    "Header onsuccess edit* Cache-Control private public\nHeader merge Cache-Control max-age=600",
    "ExpiresActive On\nExpiresDefault \"access plus 1 hour\"",
    "SetOutputFilter CACHE\nHeader set Cache-Control \"max-age=600\"",
    "SetOutputFilter DEFLATE\nHeader set Cache-Control \"public\"");

for my $case (map { my $says = $_; (['disk', 'on', $says], ['disk', 'off', $says]) } @says) {
    subtest "@$case[0, 1]: " . ($case->[2] =~ s/\n/; /gr) => sub {
        my $site = cached_site(@$case);
        my $browser = browser();
        $browser->visit($site->page);
        for my $path ('/app/page.html', '/run', '/app/nowhere') {
            for my $more ({}, { Range => 'bytes=0-4' }, { 'If-None-Match' => '*' }) {
                my $answer = $browser->get($site->url($path), %$more);
                my $said = join ', ', $answer->header('Cache-Control');
                like $said, qr/(?:^|, )private(?:,|$)/, "$path @{[%$more]}: " . $answer->code;
                unlike $said, qr/public|s-maxage/, 'says nothing else';
                is $answer->header($_), undef, "no $_" for qw(CDN-Cache-Control Surrogate-Control);
                my $anonymous = browser()->get($site->url($path));
                is $anonymous->code, 302, 'nobody else gets it';
            }
        }
        $browser->get($site->url('/open/includes.shtml'));
        unlike browser()->get($site->url('/open/includes.shtml'))->content, $PROTECTED, 'nor as a part of a page for everybody';
        $site->stop;
    };
}

subtest 'what our own paths answer is kept by nobody, whatever the site says of its pages' => sub {
    for my $says (@says, "<Location \"/login/user\">\n    Header always set Cache-Control \"public\"\n    Header set Cache-Control \"max-age=600\"\n</Location>") {
        my $site = cached_site('disk', 'on', "$says\n<Location \"/me\">\n    SetHandler plusauth-user\n</Location>");
        my $browser = browser();
        $browser->visit($site->page);
        for my $path ('/login/user', '/me', '/logout?from=elsewhere', '/login/callback', '/login', '/logout/frontchannel') {
            my $answer = $browser->get($site->url($path), site => 'cross-site');
            like join(', ', $answer->header('Cache-Control')), qr/(?:^|, )no-store(?:,|$)/, "$path: " . $answer->code;
            my $anonymous = browser()->get($site->url($path), site => 'cross-site');
            unlike $anonymous->header('X-Cache') // '', qr/^HIT/, 'nobody else gets it';
            unlike $anonymous->content, qr/user-1/, 'nor learns who that is' if $path =~ /user|me/;
        }
        $site->stop;
    }
};

subtest 'socache as well, which keeps what is for everybody' => sub {
    my $site = cached_site('socache', 'on', 'Header set Cache-Control "max-age=600"');
    my $browser = browser();
    $browser->visit($site->page);
    $browser->get($site->page) for 1 .. 2;
    is browser()->get($site->page)->code, 302, 'nobody else gets the page';
    my @seen = map { browser()->get($site->url('/open/sorry.html')) } 1 .. 2;
    like $seen[1]->header('X-Cache') // '', qr/^HIT/, 'the cache works';
    is $seen[1]->header('Cache-Control'), 'max-age=600', 'for what is for everybody';
    $site->stop;
};

subtest 'a place that lets everybody in and knows who is signed in' => sub {
    for my $quick ('on', 'off') {
        my $site = cached_site('disk', $quick, 'Header set Cache-Control "max-age=600"');
        my $browser = browser();
        my $answer = browser()->get($site->url('/pass/page.html'));
        is $answer->code, 200, 'anybody may';
        like join(',', $answer->header('Vary')), qr/\bCookie\b/i, 'the answer says what it depends on';
        like join(',', $answer->header('Cache-Control')), qr/\bprivate\b/, 'and is not for caches';
        $browser->visit($site->page);
        $answer = $browser->get($site->url('/pass/page.html'));
        unlike $answer->header('X-Cache') // '', qr/^HIT/, "quick handler $quick: who is signed in gets an own page";
        like join(',', $answer->header('Vary')), qr/\bCookie\b/i, 'which says the same';
        $answer = browser()->get($site->url('/pass/page.html'));
        unlike $answer->header('X-Cache') // '', qr/^HIT/, 'and so does who is not';
        $site->stop;
    }
};

done_testing;
