# foreign_cookie.t: where another module of httpd keeps the session with ours in it (PlusAuthSessionStore mod_session),
# nothing behind httpd gets what would do as a session, and the cookie is one that keeps it.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

my $cgi = vars('serverroot') . '/cgi-bin/env.pl';
my $KEY = "PlusAuthKey 8Fq2mVwZ1nT7cXbR5sKdLhJpYgUaEo3i\n";
my $STORE = "PlusAuthSessionStore mod_session\n$KEY";

subtest 'applications get neither the cookie nor the entry' => sub {
    my $site = PlusAuth::Site->new('foreign', config => <<"CONFIG")->start;
${STORE}SessionCookieName session path=/;HttpOnly;SameSite=Lax
SessionEnv On
ScriptAlias /open $cgi
ScriptAlias /app/cgi $cgi
<Location />
    SessionHeader X-Keep
    SetEnv KEEP kept=words
</Location>
CONFIG
    my $browser = browser();
    is $browser->visit($site->url('/app/cgi'))->code, 200, 'signed in';
    my %cookies = $browser->cookies;
    like $cookies{session}, qr/plusauth=/, 'the entry is in the cookie';
    $browser->set_cookie(theme => 'dark');
    for my $path ('/app/cgi', '/open') {
        my $answer = $browser->get($site->url($path));
        my $env = environment($answer);
        is $env->{HTTP_COOKIE}, 'theme=dark', "$path: what is not ours" or diag $answer->code;
        unlike $env->{HTTP_SESSION}, qr/plusauth/i, 'no entry in HTTP_SESSION';
        like $env->{HTTP_SESSION}, qr/kept=words/, 'what others keep is there';
    }
    is $browser->get($site->page)->code, 200, 'and the session lives';
    $site->stop;
};

# [directives, what is said of them, whether they start]
for my $case (
    ["PlusAuthOrigin https://www.example.test\nSessionCookieName session path=/;HttpOnly\n", 'lacks Secure', 0],
    ["PlusAuthOrigin https://www.example.test\nSessionCookieName session path=/;Secure\n", 'lacks HttpOnly', 0],
    ["SessionCookieName session path=/\n", 'lacks HttpOnly', 0],
    ["SessionCookieName session path=/;HttpOnly-not;x=HttpOnly\n", 'lacks HttpOnly', 0],
    ["SessionDBDCookieName session path=/\n", 'lacks HttpOnly', 0],
    ["<Location />\nSessionCookieName session path=/\n</Location>\n", 'lacks HttpOnly', 0],
    ["PlusAuthOrigin https://www.example.test\nSessionCookieName session path=/;httponly; secure;SameSite=Lax\n", undef, 1],
    ["SessionCookieName session path=/;HttpOnly\n", undef, 1],
    ["SessionCookieName session\n", undef, 1],
    ["<VirtualHost 127.0.0.1:1>\nServerName https://other.test\nPlusAuthSessionStore shmcb\nSessionCookieName else path=/\n"
        . "</VirtualHost>\nSessionCookieName session path=/;HttpOnly\n", undef, 1],
    ["<VirtualHost 127.0.0.1:1>\nServerName https://other.test\nSessionCookieName else path=/;HttpOnly\n"
        . "</VirtualHost>\nSessionCookieName session path=/;HttpOnly\n", 'lacks Secure', 0],
) {
    my ($directives, $said, $starts) = @$case;
    my $site = PlusAuth::Site->new('foreign-check', modules => ['dbd', 'session_dbd'], config => "$STORE$directives");
    $site->_write;
    my $directory = $site->directory;
    my $text = qx('@{[vars('httpd')]}' -d '$directory' -f '$directory/httpd.conf' -t 2>&1);
    my $status = $?;
    my $name = $directives =~ s/\n/; /gr;
    if ($starts) {
        is $status, 0, "starts: $name" or diag $text;
    }
    else {
        isnt $status, 0, "does not start: $name";
        like $text, qr/PlusAuthSessionStore.*$said/, 'and says why';
    }
}

done_testing;
