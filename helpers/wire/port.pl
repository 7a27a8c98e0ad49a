# A probe port on a bridge, or an ear on one interface, for helpers/wire, which hands this
# to `perl -e` on the node: Proxmox is written in Perl, so every node has it.
#
#   port   LIFE NAME BRIDGE MAC   makes the tap NAME, a port of BRIDGE
#   listen LIFE NAME              listens on the interface NAME, and cannot send
#
# It says "ready" on standard error once frames pass. From then on standard output carries
# what arrives, each message a letter, a length of 16 bits (big endian) and that many
# bytes: F is a frame, C answers a check. Standard input carries a length and a frame to
# send; a length of 0 asks for a check that the port still forwards.
#
# The tap is not persistent: the kernel removes it when this process ends, however it
# ends. It ends with its standard input, and after LIFE seconds at the latest.
use strict;
use warnings;
use Fcntl qw(O_RDWR);
use Socket qw(SOCK_RAW);

use constant {
    TUNSETIFF    => 0x400454ca,    # linux/if_tun.h
    IFF_TAP      => 0x0002,
    IFF_NO_PI    => 0x1000,
    IFF_TUN_EXCL => 0x8000,
    SIOCGIFINDEX => 0x8933,        # linux/sockios.h
    AF_PACKET    => 17,            # linux/socket.h; the Socket module does not know it
    ETH_P_ALL    => 0x0003,        # linux/if_ether.h
    MAX_FRAME    => 2048,
};

my ( $mode, $life, $name, $bridge, $mac ) = @ARGV;
$0 = "labproof-wire $mode $name";    # what ps shows instead of this text
$ENV{PATH} = '/usr/sbin:/usr/bin:/sbin:/bin';
binmode $_ for *STDIN, *STDOUT;
alarm $life;                         # the connection may hang without ever breaking

my $wire = $mode eq 'port' ? open_port() : open_ear();
print STDERR $mode eq 'port' ? 'ready ' . mac_of_bridge() . "\n" : "ready\n";
shuttle();

sub open_port {
    my ($mtu) = describe($bridge) =~ / mtu (\d+) / or die "$bridge has no MTU\n";
    describe( $bridge, 'type', 'bridge' ) or die "$bridge is no Linux bridge\n";
    sysopen( my $tap, '/dev/net/tun', O_RDWR ) or die "opening /dev/net/tun: $!\n";
    my $request = pack 'a16 S x22', $name, IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL;
    ioctl( $tap, TUNSETIFF, $request ) or die "making the port $name: $!\n";

    # A bridge whose address and MTU nobody set takes the lowest of its ports': MAC is
    # higher than any other, and the MTU is the bridge's own.
    ip( 'link', 'set', 'dev', $name, 'address', $mac, 'mtu', $mtu );
    silence_ipv6();
    ip( 'link', 'set', 'dev', $name, 'master', $bridge );
    ip( 'link', 'set', 'dev', $name, 'up' );

    my $limit = time + 40;    # with STP twice the forward delay, which is 15 s unless set
    until ( forwards() ) {
        die "$bridge does not let the port $name forward\n" if time > $limit;
        select undef, undef, undef, 0.1;
    }
    return $tap;
}

# A port that has just come up would otherwise announce itself to the group's bridge.
sub silence_ipv6 {
    my $file = "/proc/sys/net/ipv6/conf/$name/disable_ipv6";
    return unless -e $file;    # a kernel without IPv6
    open my $setting, '>', $file or die "keeping IPv6 off $name: $!\n";
    print $setting "1\n";
    close $setting or die "keeping IPv6 off $name: $!\n";
}

sub open_ear {
    # Protocol 0: nothing is heard before the socket is bound to the one interface.
    socket( my $ear, AF_PACKET, SOCK_RAW, 0 ) or die "opening a packet socket: $!\n";
    my $request = pack 'a16 x24', $name;
    ioctl( $ear, SIOCGIFINDEX, $request ) or die "finding the interface $name: $!\n";
    my $address = pack 'S n i S C C x8', AF_PACKET, ETH_P_ALL, unpack( 'x16 i', $request ), 0, 0, 0;
    bind( $ear, $address ) or die "listening on $name: $!\n";
    return $ear;
}

sub shuttle {
    my $input = '';
    while (1) {
        my $ready = '';
        vec( $ready, fileno $_, 1 ) = 1 for *STDIN, $wire;
        select $ready, undef, undef, undef;
        hear() if vec $ready, fileno $wire, 1;
        if ( vec $ready, fileno STDIN, 1 ) {
            sysread( STDIN, $input, 65536, length $input ) or return;
            obey( \$input );
        }
    }
}

sub hear {
    defined sysread( $wire, my $frame, 65536 ) or die "reading from $name: $!\n";
    tell_out( 'F', $frame ) if wanted($frame);
}

sub obey {
    my ($input) = @_;
    while ( length $$input >= 2 ) {
        my $size = unpack 'n', $$input;
        return if length $$input < 2 + $size;
        my $frame = substr $$input, 2, $size;
        substr( $$input, 0, 2 + $size ) = '';
        if ( $size == 0 ) {
            check();
        }
        elsif ( $mode eq 'port' ) {
            defined syswrite( $wire, $frame ) or die "sending on $name: $!\n";
        }
        else {
            die "$name is only listened to\n";
        }
    }
}

# What passed before the check is told before its answer, so that an absence means
# something. Somebody may have applied a network configuration that knows nothing of the port.
sub check {
    for ( 1 .. 1000 ) {    # the queue of a tap; a flood must not hold the answer back
        my $ready = '';
        vec( $ready, fileno $wire, 1 ) = 1;
        last unless select $ready, undef, undef, 0;
        hear();
    }
    die "$name is no longer a forwarding port of $bridge\n" if $mode eq 'port' && !forwards();
    tell_out( 'C', '' );
}

# ARP and ICMP, within at most two VLAN tags: what the prober reads. The rest of the
# bridge's traffic is the group's own.
sub wanted {
    my ($frame) = @_;
    return 0 if length $frame > MAX_FRAME;
    my ( $at, $type ) = ( 12, 0 );
    for ( 0 .. 2 ) {
        return 0 if length $frame < $at + 2;
        $type = unpack 'n', substr $frame, $at, 2;
        last unless $type == 0x8100 || $type == 0x88a8;
        $at += 4;
    }
    return 1 if $type == 0x0806;
    return $type == 0x0800 && length $frame >= $at + 22 && ord( substr $frame, $at + 11, 1 ) == 1;
}

sub tell_out {
    my ( $kind, $data ) = @_;
    my $message = pack 'a n/a*', $kind, $data;
    while ( length $message ) {
        my $written = syswrite( STDOUT, $message ) // exit 0;
        substr( $message, 0, $written ) = '';
    }
}

sub forwards {
    my $link = describe( $name, '-d' );
    return $link =~ / master \Q$bridge\E / && $link =~ / bridge_slave state forwarding /;
}

sub mac_of_bridge {
    my ($address) = describe($bridge) =~ m{ link/ether (\S+)} or die "$bridge has no MAC address\n";
    return $address;
}

# describe is `ip link show` of one interface, on one line.
sub describe {
    my ( $interface, @more ) = @_;
    my @flags = grep { /^-/ } @more;
    my @filter = grep { !/^-/ } @more;
    open my $out, '-|', 'ip', '-o', @flags, 'link', 'show', 'dev', $interface, @filter or die "ip: $!\n";
    my $text = join '', <$out>;
    close $out or die "ip link show dev $interface failed\n";
    return $text;
}

sub ip {
    system( 'ip', @_ ) == 0 or die "ip @_ failed\n";
}
