# fcgi.t: an application behind mod_proxy_fcgi, as PHP-FPM is, gets the user as any other does.
use strict;
use warnings;
use lib 't/lib';
use IO::Socket::INET;
use PlusAuth::Site;
use PlusAuth::Test;
use Test::More;

# A FastCGI responder as far as it takes to see the parameters of one request at a time.
sub read_exactly {
    my ($socket, $length) = @_;
    my $got = '';
    while (length $got < $length) {
        my $more = sysread $socket, $got, $length - length $got, length $got;
        return if !$more;
    }
    return $got;
}

sub record {
    my ($type, $content) = @_;
    return pack('CCnnCx', 1, $type, 1, length $content, 0) . $content;
}

sub pairs_of {
    my ($bytes) = @_;
    my %pairs;
    while (length $bytes) {
        my @length;
        for (1, 2) {
            my $first = unpack 'C', $bytes;
            push @length, $first < 128 ? $first : unpack('N', $bytes) & 0x7fffffff;
            substr $bytes, 0, $first < 128 ? 1 : 4, '';
        }
        my $name = substr $bytes, 0, $length[0], '';
        $pairs{$name} = substr $bytes, 0, $length[1], '';
    }
    return %pairs;
}

sub answer {
    my ($client) = @_;
    my $bytes = '';
    while (defined(my $header = read_exactly($client, 8))) {
        my (undef, $type, undef, $length, $padding) = unpack 'CCnnC', $header;
        my $content = $length + $padding ? read_exactly($client, $length + $padding) : '';
        $bytes .= substr $content, 0, $length if $type == 4;
        last if $type == 5 && $length == 0;
    }
    my %parameters = pairs_of($bytes);
    my $page = "Content-Type: text/plain\r\n\r\n" . join '', map { "$_=$parameters{$_}\n" } sort keys %parameters;
    print {$client} record(6, $page), record(6, ''), record(3, "\0" x 8);
    return;
}

my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or die "no free port: $!\n";
my $parent = $$;
my $responder = fork // die "fork: $!\n";
if (!$responder) {
    while (my $client = $listener->accept) {
        answer($client);
        close $client;
    }
    exit;
}

my $site = PlusAuth::Site->new('fcgi', modules => ['proxy', 'proxy_fcgi'], config => <<"CONFIG")->start;
<Location "/app/fpm">
    SetHandler "proxy:fcgi://127.0.0.1:@{[$listener->sockport]}/"
</Location>
CONFIG

faults();
my $browser = browser();
my $answer = $browser->visit($site->url('/app/fpm'));
is $answer->code, 200, 'signed in';
my %seen = map { /^([^=]+)=(.*)$/ ? ($1, $2) : () } split /\n/, $answer->decoded_content;
is $seen{REMOTE_USER}, 'user-1', 'REMOTE_USER';
is $seen{PLUSAUTH_CLAIM_sub}, 'user-1', 'a claim';
like $seen{PLUSAUTH_USERINFO}, qr/^\{.*"sub":"user-1"/, 'all of userinfo';
ok !exists $seen{HTTP_COOKIE}, 'and none of our cookies';

$answer = $browser->get($site->url('/app/fpm'), 'PlusAuth-Claim-sub' => 'eve', Remote_User => 'eve',
    Authorization => 'Basic ZXZlOmV2ZQ==');
%seen = map { /^([^=]+)=(.*)$/ ? ($1, $2) : () } split /\n/, $answer->decoded_content;
is $seen{REMOTE_USER}, 'user-1', 'whatever the client says';
is_deeply [grep { /^HTTP_(?:PLUSAUTH|REMOTE_USER|AUTHORIZATION)/ } keys %seen], [], 'which is not passed on';

done_testing;

END {
    if (defined $parent && $$ == $parent && $responder) {
        local $?; # of the tests, not of the responder
        kill TERM => $responder;
        waitpid $responder, 0;
    }
}
