# callbacks.t: of several providers each comes back to a path of its own, so that the code of one is never
# shown to another one (mix-up: RFC 9700 2.1 and 4.4).
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;
use URI;

my $faulty = 'http://127.0.0.1:' . vars('faulty_port');

# Providers whose answers have no iss, as those of many have not.
sub section {
    my ($name) = @_;
    return <<"SECTION";
<PlusAuthProvider $name>
    PlusAuthIssuer $faulty/i/discovery.iss_unadvertised
    PlusAuthClientID client
    PlusAuthClientSecret s3cret-that-HS512-can-use-because-it-is-longer-than-64-bytes-as-one-sees
</PlusAuthProvider>
SECTION
}

sub place {
    my ($name) = @_;
    return <<"PLACE";
Alias /$name @{[vars('documentroot')]}/app
<Location "/$name">
    AuthType PlusAuth
    Require valid-user
    PlusAuthProvider $name
</Location>
PLACE
}

my $site = PlusAuth::Site->new('callbacks', config => join '', qq(CustomLog "logs_are_here" "%r"\n),
    map { (section($_), place($_)) } qw(honest other));
$site->{config} =~ s/logs_are_here/@{[$site->directory]}\/access/;
$site->start;

# The Redirect URI that a login at this page asks for, and the answer that comes to it.
sub under_way {
    my ($page) = @_;
    faults('authorize.iss_absent');
    my $browser = browser();
    my $url = URI->new($browser->until($page, qr{/login/callback}));
    my ($asked) = map { $_->{query}{redirect_uri} } calls_to('/authorize');
    return ($browser, $url, $asked);
}

my %path = (app => '/login/callback', honest => '/login/callback/honest', other => '/login/callback/other');
for my $name (sort keys %path) {
    subtest "the provider of /$name has a Redirect URI of its own" => sub {
        faults();
        my $uri = $site->url($path{$name});
        my $told = () = $site->log_since(0) =~ /Redirect URI \Q$uri\E,/g;
        is $told, 1, 'the start says it once, for the provider\'s dashboard';
        is browser()->visit($site->url("/$name/page.html"))->code, 200, 'a login ends well there';
        my ($exchange) = calls_to('/oauth2/token');
        is $exchange->{form}{redirect_uri}, $uri, 'the token request says it too';
        my ($authorize) = calls_to('/authorize');
        is $authorize->{query}{redirect_uri}, $uri, 'as does the authorization request';
    };
}

my @wrong = (['honest', 'other'], ['other', 'honest'], ['honest', 'app'], ['other', 'app'], ['honest', 'nobody']);
for my $case (@wrong) {
    my ($name, $elsewhere) = @$case;
    subtest "an answer for /$name at the path of $elsewhere goes to no token endpoint" => sub {
        my ($browser, $url, $asked) = under_way($site->url("/$name/page.html"));
        is $asked, $site->url($path{$name}), 'a login that asks to come back to its own path';
        faults();
        my $mark = $site->log_mark;
        $url->path($path{$elsewhere} // '/login/callback/nobody');
        my $answer = $browser->get("$url");
        is $answer->code, $elsewhere eq 'nobody' ? 404 : 400, 'refused';
        is scalar calls(), 0, 'nobody is asked anything';
        ok !$browser->get($site->url("/$name/page.html"))->is_success, 'nobody is signed in';
        return if $elsewhere eq 'nobody';
        my $own = $site->url($path{$name});
        like $site->log_since($mark), qr/register that Redirect URI/, 'the log says what to register';
        like $site->log_since($mark), qr/comes back to \Q$own\E/, 'and which';
        $url->path($path{$name});
        is $browser->get("$url")->code, 400, 'and the answer is good nowhere any more';
        is scalar calls_to('/oauth2/token'), 0, 'no code was sent';
    };
}

subtest 'no code and no state is in an access log' => sub {
    my $log = do { local (@ARGV, $/) = $site->directory . '/access'; <> };
    like $log, qr{GET /login/callback/honest HTTP}, 'the path is';
    unlike $log, qr{callback\S*\?}, 'its query is not';
};

subtest 'a provider that is the only one comes back to the callback path itself' => sub {
    my $alone = PlusAuth::Site->new('alone', config => section('only') . place('only'));
    no warnings 'redefine';
    my $common = \&PlusAuth::Site::_common;
    local *PlusAuth::Site::_common = sub { $common->(@_) =~ s/^PlusAuth(?:Issuer|ClientID|ClientSecret).*\n//gmr };
    $alone->start;
    my ($browser, $url, $asked) = under_way($alone->url('/only/page.html'));
    is $asked, $alone->url('/login/callback'), 'its Redirect URI';
    is $browser->visit("$url")->code, 200, 'a login ends well';
};

done_testing;
