// Package linuxnet reads what Linux says about its network: ip -j, interfaces(5),
// sysctl files, ping, and the names of network cards. Pure: text in, plain data out.
//
// The text comes from guests that students own. Every reader is bounded in size and
// count, never panics, and says in which line it stopped understanding.
package linuxnet
