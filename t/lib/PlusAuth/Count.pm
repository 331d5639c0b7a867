# Count.pm: runs TAP tests and counts them, so that no number is ever a guess.
package PlusAuth::Count;
use strict;
use warnings;
use TAP::Harness;

# What t/TEST leaves for t/run-tests.
our $FILE = 't/logs/count';

# How many lines that list has, and those that nothing here can be tested for.
my $ATTACKS = 70;
my %INAPPLICABLE = (40 => 'nothing is refreshed', 41 => 'nothing is refreshed');

sub new {
    my ($class, %numbers) = @_;
    return bless { passed => 0, failed => 0, skipped => 0, %numbers }, $class;
}

# Runs the files and adds what happened in them. A file that dies, plans wrongly or tests nothing
# counts as one failure even where all its tests passed.
sub run {
    my ($self, $files, %options) = @_;
    my $harness = TAP::Harness->new({ lib => ['t/lib'], color => -t STDOUT, %options });
    $harness->callback(made_parser => sub { $_[0]->callback(test => sub { $self->_note_attack($_[0]) }) });
    my $results = $harness->runtests(@$files);
    for my $parser ($results->parsers) {
        $self->add(_count($parser));
    }
    return $self;
}

# Which lines of the list of attacks have a test that is named for them, and passed.
sub _note_attack {
    my ($self, $test) = @_;
    $self->{attacks}{$1} = 1 if $test->is_ok && !$test->directive && $test->description =~ /\battack (\d+)\b/;
    return;
}

sub untested_attacks {
    my ($self) = @_;
    return grep { !$self->{attacks}{$_} && !$INAPPLICABLE{$_} } 1 .. $ATTACKS;
}

sub _count {
    my ($parser) = @_;
    return __PACKAGE__->new(skipped => 1) if $parser->skip_all && !$parser->exit;
    my $failed = () = $parser->failed;
    my $passed = () = $parser->passed;
    my $skipped = () = $parser->skipped;
    my $broken = $parser->parse_errors || $parser->exit || $parser->wait || !$parser->tests_run;
    return __PACKAGE__->new(
        passed => $passed - $skipped,
        failed => $failed || ($broken ? 1 : 0),
        skipped => $skipped,
    );
}

sub add {
    my ($self, $other) = @_;
    $self->{$_} += $other->{$_} for qw(passed failed skipped);
    return $self;
}

sub failed { return $_[0]{failed} }

sub good { return $_[0]{passed} > 0 && $_[0]{failed} == 0 }

sub line {
    my ($self) = @_;
    my $line = "$self->{passed} passed, $self->{failed} failed";
    return $self->{skipped} ? "$line, $self->{skipped} skipped" : $line;
}

sub save {
    my ($self) = @_;
    open my $out, '>', $FILE or die "$FILE: $!\n";
    print {$out} join(' ', @$self{qw(passed failed skipped)}), "\n";
    close $out or die "$FILE: $!\n";
    return;
}

sub load {
    my ($class) = @_;
    open my $in, '<', $FILE or return undef;
    my %numbers;
    @numbers{qw(passed failed skipped)} = split ' ', <$in> // '';
    return defined $numbers{skipped} ? $class->new(%numbers) : undef;
}

1;
