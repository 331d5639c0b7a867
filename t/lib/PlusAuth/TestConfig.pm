# TestConfig.pm: Apache::TestConfig whose virtual hosts listen on the loopback address alone.
package PlusAuth::TestConfig;
use strict;
use warnings;
use Apache::TestConfig ();

our @ISA = ('Apache::TestConfig');

sub parse_vhost {
    my ($self, $line) = @_;
    my $vhost = $self->SUPER::parse_vhost($line) or return undef;
    $vhost->{out_string} =~ s/0\.0\.0\.0/127.0.0.1/;
    return $vhost;
}

1;
