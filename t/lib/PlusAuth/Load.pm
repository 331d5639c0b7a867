# Load.pm: wrk, which asks for a page as fast as it is answered, each time with the cookies of another
# session. A script asks, not a person: who is not signed in gets a 401, which wrk counts.
#
#   my $load = PlusAuth::Load->start($url, [$cookies, ...], headers => [...]) or skip;   # no wrk here
#   my $said = $load->stop;    # { requests, refused, connect, read, write, timeout, text }
package PlusAuth::Load;
use strict;
use warnings;
use File::Temp ();
use POSIX ();

my $SECONDS = 3600; # unless it is stopped before

# `seconds`: how long; `headers`: more of them, "Name: value"; `connections`: 4.
sub start {
    my ($class, $url, $cookies, %options) = @_;
    return undef if !grep { -x "$_/wrk" } split /:/, $ENV{PATH};
    my $self = bless { owner => $$, script => File::Temp->new(SUFFIX => '.lua') }, $class;
    print { $self->{script} } "local cookies = {\n", (map { "[[$_]],\n" } @$cookies), "}\n", <<'LUA';
function request()
    wrk.headers["Cookie"] = cookies[math.random(#cookies)]
    return wrk.format()
end
LUA
    close $self->{script};
    my @headers = map { ('-H', $_) } 'Sec-Fetch-Mode: cors', @{ $options{headers} || [] };
    defined($self->{pid} = open $self->{output}, '-|') or die "fork: $!\n";
    return $self if $self->{pid};
    open STDERR, '>&', \*STDOUT;
    # A busy machine is no error.
    exec 'wrk', '-t1', '-c', $options{connections} || 4, '-d', $options{seconds} || $SECONDS, '--timeout', '300s',
        '-s', "$self->{script}", @headers, $url or POSIX::_exit(127);
}

# At once.
sub stop {
    my ($self) = @_;
    kill INT => $self->{pid};
    return $self->wait;
}

# When its time is over.
sub wait {
    my ($self) = @_;
    my $text = do { local $/; readline $self->{output} };
    close $self->{output};
    delete $self->{pid};
    my %said = (text => $text, refused => 0, connect => 0, read => 0, write => 0, timeout => 0);
    ($said{requests}) = $text =~ /(\d+) requests in/ or die "wrk said:\n$text";
    $said{refused} = $1 if $text =~ /Non-2xx or 3xx responses: (\d+)/;
    @said{qw(connect read write timeout)} = ($1, $2, $3, $4)
        if $text =~ /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/;
    return \%said;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    kill KILL => $self->{pid} if $self->{pid} && $self->{owner} == $$;
    close $self->{output} if $self->{output} && $self->{owner} == $$;
    return;
}

1;
