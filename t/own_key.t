# own_key.t: without PlusAuthKey what is sealed is sealed with a random key of this server: a client secret, which may
# be a word, opens nothing.
use strict;
use warnings;
use lib 't/lib';
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

faults();
my $site = PlusAuth::Site->new('ownkey')->start;

# A browser that has been at the provider and is about to come back.
sub about_to_return {
    my $browser = browser();
    return ($browser, $browser->until($site->page, qr{/login/callback}));
}

subtest 'the key stays over a graceful reload' => sub {
    my ($browser, $callback) = about_to_return();
    $site->reload;
    is $browser->visit($callback)->code, 200, 'a login under way ends well';
    is $browser->get($site->page)->code, 200, 'signed in';
    $site->reload;
    is $browser->get($site->page)->code, 200, 'and still, after another';
};

subtest 'it is made anew at each start, and not of the client secret' => sub {
    my ($browser, $callback) = about_to_return();
    $site->restart;
    is $browser->visit($callback)->code, 400, 'what another start sealed is not opened';
};

subtest 'the login cookies of two servers of one client differ in their key' => sub {
    my $other = PlusAuth::Site->new('ownkey2', issuer => 'site-ownkey', config => 'PlusAuthOrigin ' . $site->url . "\n")->start;
    my ($browser, $callback) = about_to_return();
    $browser->{at} = { $site->url => $other->url };
    is $browser->visit($callback)->code, 400, 'the other one cannot open them';
    $other->stop;
};

done_testing;
