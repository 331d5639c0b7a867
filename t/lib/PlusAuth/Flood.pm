# Flood.pm: a stranger who sends one request again and again over many connections, from a process of
# its own.
#
#   my $flood = PlusAuth::Flood->start($url, $form, connections => 100);   # POSTs
#   ...
#   my %answers = $flood->stop;     # status code => how often it came
package PlusAuth::Flood;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use MIME::Base64 'encode_base64url';
use POSIX ();
use URI;

# What looks like a token of that issuer and client, made without any key.
sub forged_token {
    my (%claims) = @_;
    my $json = join ',', map { my $value = $claims{$_}; qq("$_":) . ($value =~ /^[\d{]/ ? $value : qq("$value")) }
        sort keys %claims;
    return join '.', encode_base64url('{"alg":"RS256","kid":"made-up","typ":"logout+jwt"}'),
        encode_base64url("{$json}"), encode_base64url('x' x 256);
}

sub start {
    my ($class, $url, $form, %options) = @_;
    my $uri = URI->new($url);
    my $request = 'POST ' . $uri->path_query . " HTTP/1.1\r\nHost: " . $uri->host_port
        . "\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: " . length($form) . "\r\n\r\n$form";
    my $self = bless { owner => $$ }, $class;
    defined($self->{pid} = open $self->{output}, '-|') or die "fork: $!\n";
    return $self if $self->{pid};
    _flood($uri, $request, $options{connections} || 100);
    POSIX::_exit(0);
}

sub _flood {
    my ($uri, $request, $connections) = @_;
    my $ended = 0;
    local $SIG{TERM} = sub { $ended = 1 };
    local $SIG{PIPE} = 'IGNORE';
    my ($select, %seen, %answers) = IO::Select->new;
    while (!$ended) {
        while ($select->count < $connections) {
            my $socket = IO::Socket::INET->new(PeerAddr => $uri->host, PeerPort => $uri->port) or last;
            syswrite $socket, $request;
            $select->add($socket);
        }
        for my $socket ($select->can_read(1)) {
            my $got = sysread $socket, my $text, 65536;
            $seen{$socket} .= $text if $got;
            if ($got && $seen{$socket} =~ /\A(HTTP\S+ (\d+)[^\0]*?\r\n\r\n)/ && _is_whole($seen{$socket}, length $1)) {
                $answers{$2}++;
                delete $seen{$socket};
                syswrite $socket, $request;
            }
            elsif (!$got) {
                delete $seen{$socket};
                $select->remove($socket);
                close $socket;
            }
        }
    }
    syswrite STDOUT, "$_ $answers{$_}\n" for keys %answers;
    return;
}

sub _is_whole {
    my ($text, $header) = @_;
    my ($length) = $text =~ /^Content-Length: (\d+)/mi;
    return defined $length ? length $text >= $header + $length : $text =~ /\r\n0\r\n\r\n\z/;
}

sub stop {
    my ($self) = @_;
    kill TERM => $self->{pid};
    my %answers = map { split } readline $self->{output};
    close $self->{output};
    delete $self->{pid};
    return %answers;
}

sub DESTROY {
    my ($self) = @_;
    local ($?, $@);
    kill KILL => $self->{pid} if $self->{pid} && $self->{owner} == $$;
    return;
}

1;
