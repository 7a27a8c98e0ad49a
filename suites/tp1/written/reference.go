package written

import "github.com/labproof/labproof/reports"

// Reference is what a good answer to a question says, for the teacher to hold against the
// group's words; the zero Text where a question asks for no words.
func Reference(id string) reports.Text { return references[id] }

var references = map[string]reports.Text{
	"tp1.q01": {
		FR: "Onglet Summary du nœud : « CPU(s) » compte les processeurs logiques ; la RAM est la mémoire totale, un peu inférieure à ce qui est installé, car le micrologiciel et le noyau en gardent.",
		EN: "The node's Summary tab: \"CPU(s)\" counts logical CPUs; the RAM is the total memory, a little less than what is installed, since firmware and kernel keep some.",
	},
	"tp1.q02": {
		FR: "La mémoire limite : (RAM totale − réserve pour Proxmox) ÷ (2 Gio + ce que QEMU ajoute à chaque VM). Les vCPU se partagent les processeurs, et Proxmox ne refuse aucune VM ; qui donne un processeur entier à chaque VM s'arrête à leur nombre.",
		EN: "Memory is the limit: (total RAM − a reserve for Proxmox) ÷ (2 GiB + what QEMU adds to each VM). vCPUs share the processors, and Proxmox refuses no VM; whoever gives each VM a whole processor stops at their number.",
	},
	"tp1.q06": {
		FR: "Ouvrir une session root (ou su -) dans la console, puis par exemple touch /root/essai, ou echo bonjour > /root/essai ; ls -l /root le montre. /root n'est ouvert qu'à root.",
		EN: "Log in as root (or su -) on the console, then for example touch /root/test, or echo hello > /root/test; ls -l /root shows it. Only root may go into /root.",
	},
	"tp1.q07": {
		FR: "Le disque d'un template devient une base figée, en lecture seule, sur laquelle les clones liés s'appuient. Une VM en marche y écrit encore, et une partie de son état n'est qu'en mémoire : l'image serait incohérente et changerait sous les clones. Il faut l'éteindre proprement.",
		EN: "A template's disk becomes a fixed, read-only base on which linked clones build. A running VM still writes to it, and part of its state is in memory only: the image would be inconsistent and change beneath the clones. It has to be shut down cleanly.",
	},
	"tp1.q08": {
		FR: "ping vers une adresse IP publique (un nom ajouterait la question du DNS) : « Network is unreachable », aucun paquet ne part. ip route est vide : pas de route par défaut, ni même d'adresse.",
		EN: "ping to a public IP address (a name would add the question of DNS): \"Network is unreachable\", no packet is sent. ip route is empty: no default route, not even an address.",
	},
	"tp1.q10": {
		FR: "C'est l'entrée de type « Network Device » de l'onglet Network, celle qui est un port de vmbr0. en : Ethernet ; puis o1 : carte intégrée n° 1 ; ou p3s0 : bus PCI 3, emplacement 0 ; ou s18 : emplacement d'extension 18 ; ou x… : l'adresse MAC. Le nom dit où est la carte et ne change donc pas d'un démarrage à l'autre.",
		EN: "It is the entry of type \"Network Device\" in the Network tab, the one that is a port of vmbr0. en: Ethernet; then o1: on-board card number 1; or p3s0: PCI bus 3, slot 0; or s18: hotplug slot 18; or x…: the MAC address. The name says where the card is, so it does not change from boot to boot.",
	},
	"tp1.q11": {
		FR: "vmbr0 est un bridge Linux dont le port est la carte physique ; c'est lui qui porte l'adresse et la passerelle de l'hôte. Une VM raccordée à vmbr0 est donc sur le réseau physique, au même niveau que l'hôte.",
		EN: "vmbr0 is a Linux bridge whose port is the physical card; it is the bridge that carries the host's address and gateway. A VM on vmbr0 is thus on the physical network, next to the host.",
	},
	"tp1.q13": {
		FR: "Non. Changer de bridge branche le câble (couche 2) ; la VM n'a toujours ni adresse ni route (couche 3). Le noyau ne sait pas par où envoyer : « Network is unreachable », rien ne part.",
		EN: "No. Changing the bridge plugs the cable (layer 2); the VM still has neither an address nor a route (layer 3). The kernel does not know where to send: \"Network is unreachable\", nothing leaves.",
	},
	"tp1.q14": {
		FR: "lo est la boucle locale : une interface virtuelle par laquelle la machine se parle à elle-même (127.0.0.1/8, ::1). Rien n'en sort vers un réseau ; des services locaux s'en servent, et elle existe sans aucune carte.",
		EN: "lo is the loopback: a virtual interface by which the machine talks to itself (127.0.0.1/8, ::1). Nothing leaves it for a network; local services use it, and it is there without any card.",
	},
	"tp1.q15": {
		FR: "auto ens18\niface ens18 inet static\n    address 10.0.x.2/29\n    gateway 10.0.x.1\nLe masque est celui du bridge, la passerelle est dans le même réseau, et auto fait monter l'interface au démarrage.",
		EN: "auto ens18\niface ens18 inet static\n    address 10.0.x.2/29\n    gateway 10.0.x.1\nThe mask is the bridge's, the gateway is in the same network, and auto brings the interface up at boot.",
	},
	"tp1.q16": {
		FR: "Un bridge apprend sur quel port il voit chaque adresse MAC. Avec deux VM de même MAC, l'entrée change sans cesse de port : les trames vont tantôt à l'une, tantôt à l'autre, et ARP ne les distingue pas. Des paquets se perdent, les connexions se coupent, et les deux VM ne peuvent pas se parler.",
		EN: "A bridge learns on which port it sees each MAC address. With two VMs of the same MAC the entry keeps changing ports: frames go now to one, now to the other, and ARP cannot tell them apart. Packets are lost, connections break, and the two VMs cannot talk to each other.",
	},
	"tp1.q17": {
		FR: "L'hôte peut leur servir de passerelle (routage ou NAT vers Internet) et leur rendre des services : DHCP, DNS, dépôt de paquets, administration, sauvegarde, supervision. Pour deux VM qui se parlent, il n'est pas nécessaire, et l'en retirer isole mieux l'hyperviseur.",
		EN: "The host can be their gateway (routing or NAT to the Internet) and serve them: DHCP, DNS, packages, administration, backups, monitoring. Two VMs that talk to each other do not need it, and taking it off isolates the hypervisor better.",
	},
	"tp1.q18": {
		FR: "Non. Plus personne ne possède l'adresse : les requêtes ARP restent sans réponse, d'où « Destination Host Unreachable ». Le bridge commute toujours (couche 2) : les VM du groupe se parlent encore.",
		EN: "No. Nobody has the address any more: ARP requests stay unanswered, hence \"Destination Host Unreachable\". The bridge still switches (layer 2): the group's VMs still talk to each other.",
	},
	"tp1.q19": {
		FR: "Par les adresses MAC : l'onglet Hardware donne la MAC et le bridge de net0 et de net1 ; ip a dans la VM donne la MAC de ens18 et de ens19 (link/ether). Proxmox écrit en majuscules, Linux en minuscules.",
		EN: "By the MAC addresses: the Hardware tab gives the MAC and the bridge of net0 and net1; ip a in the VM gives the MAC of ens18 and ens19 (link/ether). Proxmox writes capitals, Linux small letters.",
	},
	"tp1.q20": {
		FR: "Les requêtes arrivent à la passerelle, adressées à sa MAC : la route de la VM est donc bonne. Rien ne sort sur l'autre bridge et aucune réponse ne revient : le noyau jette ce qui n'est pas pour lui tant que net.ipv4.ip_forward vaut 0.",
		EN: "The requests reach the gateway, addressed to its MAC: so the VM's route is right. Nothing leaves on the other bridge and no reply comes back: the kernel drops what is not for itself as long as net.ipv4.ip_forward is 0.",
	},
	"tp1.q21": {
		FR: "Le ping passe. La même requête se voit sur les deux interfaces : adresses IP inchangées, TTL diminué de 1 (64 → 63), adresses MAC nouvelles (celle de la passerelle comme source). Les réponses font le chemin inverse.",
		EN: "The ping works. The same request is seen on both interfaces: IP addresses unchanged, TTL one less (64 → 63), MAC addresses new (the gateway's as the source). The replies take the way back.",
	},
}
