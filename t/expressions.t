# expressions.t: claims are there when httpd decides: for Require, <If>, Header and RewriteCond.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Attack;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

faults();
my $documents = vars('documentroot');
my $cgi = vars('serverroot') . '/cgi-bin/env.pl';
my $ours = "AuthType PlusAuth\n";
my $site = PlusAuth::Site->new('expressions', modules => [qw(alias env headers rewrite include mime cgid dir setenvif)], config => <<"CONFIG")->start;
AliasMatch ^/(?:deny|allow|if|open|pass|none|headers|not)[a-z-]*/(.*) $documents/app/\$1
Alias /program $cgi
Alias /parts $documents/ssi
<Location "/deny-reqenv">
    $ours Require expr "reqenv('PLUSAUTH_CLAIM_email') != 'ada\@example.test'"
</Location>
<Location "/deny-variable">
    $ours Require expr "%{ENV:PLUSAUTH_CLAIM_email} != 'ada\@example.test'"
</Location>
<Location "/deny-all-of">
    $ours
    <RequireAll>
        Require valid-user
        Require expr "reqenv('PLUSAUTH_CLAIM_email') != 'ada\@example.test'"
    </RequireAll>
</Location>
<Location "/deny-none-of">
    $ours
    <RequireAll>
        Require valid-user
        <RequireNone>
            Require env PLUSAUTH_CLAIM_email
        </RequireNone>
    </RequireAll>
</Location>
<Location "/deny-function">
    $ours Require expr "plusauth_claim('email') != 'ada\@example.test'"
</Location>
<Location "/deny-pass">
    $ours PlusAuthUnauthenticated pass
    Require expr "plusauth_claim('email') != 'ada\@example.test'"
</Location>
<Location "/deny-if">
    <If "plusauth_claim('email') == 'ada\@example.test'">
        Require all denied
    </If>
</Location>
<Location "/deny-if-variable">
    $ours Require valid-user
    <If "reqenv('PLUSAUTH_CLAIM_email') == 'ada\@example.test'">
        AuthMerging And
        Require all denied
    </If>
</Location>
<Location "/allow-expr">
    $ours Require expr "plusauth_claim('email') == 'ada\@example.test'"
</Location>
<Location "/allow-list">
    $ours Require expr "plusauth_claim('groups') =~ /engines/"
</Location>
<Location "/if">
    <If "plusauth_claim('email') == 'ada\@example.test'">
        Header set X-Who "is ada"
    </If>
    Header always set X-Claim "expr=%{plusauth_claim:email}"
    RewriteEngine On
    RewriteCond expr "plusauth_claim('username') == 'ada'"
    RewriteRule ^ - [E=WHO:ada]
    Header set X-Rewritten "%{WHO}e" env=WHO
    ErrorDocument 404 /if/page.html
</Location>
<Location "/none">
    $ours Require expr "plusauth_claim('nickname') == ''"
    PlusAuthExport none
    Header set X-Claim "expr=%{plusauth_claim:email}"
    Header set X-Variable "expr=%{reqenv:PLUSAUTH_CLAIM_email}"
</Location>
<Location "/not-ours">
    Header set X-Variable "expr=%{reqenv:PLUSAUTH_CLAIM_email}"
    SetEnvIf X-Set (.+) PLUSAUTH_CLAIM_other=\$1
    Header set X-Other "expr=%{reqenv:PLUSAUTH_CLAIM_other}"
</Location>
<Location "/program">
    $ours Require valid-user
    SetHandler cgi-script
    Options +ExecCGI
</Location>
<Directory "$documents/ssi">
    Options +Includes
    AddType text/html .shtml
    AddOutputFilter INCLUDES .shtml
    <If "plusauth_claim('sub') == ''">
        Require all denied
    </If>
</Directory>
<Location "/cgi">
    Require all denied
</Location>
CONFIG
my $browser = browser();
is $browser->visit($site->page)->code, 200, 'signed in';

for my $rule (qw(deny-reqenv deny-variable deny-all-of deny-none-of deny-function deny-pass deny-if deny-if-variable)) {
    my $answer = $browser->get($site->url("/$rule/page.html"));
    is $answer->code, 403, "a rule that denies does: $rule";
    ok $answer->content !~ $PROTECTED, 'nothing is shown';
}
for my $rule (qw(allow-expr allow-list none)) {
    is $browser->get($site->url("/$rule/page.html"))->code, 200, "a rule that allows does: $rule";
}
for my $who (browser(), do { my $b = browser(); $b->set_cookie(plusauth => 'A' x 43); $b }) {
    for my $rule (qw(allow-expr allow-list)) {
        isnt $who->get($site->url("/$rule/page.html"))->code, 200, "nobody is no user: $rule";
    }
    my $answer = $who->get($site->url('/if/page.html'));
    is $answer->code, 200, 'a place for everybody';
    is $answer->header('X-Who'), undef, 'nobody has no claims in <If>';
    is $answer->header('X-Claim') // '', '', 'in Header';
    is $answer->header('X-Rewritten'), undef, 'in RewriteCond';
    like join(',', $answer->header('Vary')), qr/\bCookie\b/i, 'and the answer depends on that';
}
for my $path ('/if/page.html', '/if/nowhere') {
    my $answer = $browser->get($site->url($path));
    is $answer->header('X-Who'), 'is ada', "<If> at $path";
    is $answer->header('X-Claim'), 'ada@example.test', 'Header';
    is $answer->header('X-Rewritten'), 'ada', 'RewriteCond';
    like join(',', $answer->header('Cache-Control')), qr/\bprivate\b/, 'is for this user alone';
}
my $answer = $browser->get($site->url('/none/page.html'));
is $answer->header('X-Claim'), 'ada@example.test', 'PlusAuthExport none: the function knows the claim';
is $answer->header('X-Variable') // '', '', 'and there is no variable';
$answer = $browser->get($site->url('/not-ours/page.html'), 'X-Set' => 'own');
is $answer->header('X-Variable') // '', '', 'nor where PlusAuth is not asked';
is $answer->header('X-Other'), 'own', 'a variable of the site is there';
is $browser->get($site->url('/parts/page.shtml'))->code, 200, '<If> in <Directory>';
is browser()->get($site->url('/parts/page.shtml'))->code, 403, 'for nobody';
my $env = environment($browser->get($site->url('/program')));
is $env->{PLUSAUTH_CLAIM_email}, 'ada@example.test', 'applications get them once';
$browser->visit($site->url('/logout'));
is $browser->get($site->url('/if/page.html'))->header('X-Who'), undef, 'after a logout nobody is there';

subtest 'a session of another provider than the place is for has no claims there' => sub {
    my $port = vars('faulty_port');
    my $own = PlusAuth::Site->new('two', modules => [qw(headers alias)], config => <<"CONFIG")->start;
<PlusAuthProvider other>
    PlusAuthIssuer http://127.0.0.1:$port/i/two-other
    PlusAuthClientID client
    PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees
</PlusAuthProvider>
AliasMatch ^/(?:other|own)/(.*) $documents/app/\$1
<LocationMatch "^/(other|own)">
    Header set X-Claim "expr=%{plusauth_claim:email}"
</LocationMatch>
<Location "/other">
    PlusAuthProvider other
</Location>
CONFIG
    my $visitor = browser();
    is $visitor->visit($own->page)->code, 200, 'signed in';
    is $visitor->get($own->url('/own/page.html'))->header('X-Claim'), 'ada@example.test', 'at the own provider';
    is $visitor->get($own->url('/other/page.html'))->header('X-Claim') // '', '', 'not at the other';
};

subtest 'sessions that cannot be looked up have no claims' => sub {
    my $own = PlusAuth::Site->new('off', modules => [qw(headers)], config => <<'CONFIG')->start;
<Location "/open">
    Session Off
    Header set X-Claim "expr=x%{plusauth_claim:email}"
</Location>
CONFIG
    my $visitor = browser();
    $visitor->visit($own->page);
    is $visitor->get($own->url('/open/sorry.html'))->header('X-Claim'), 'x', 'where Session is Off';
};

done_testing;
