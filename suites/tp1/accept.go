package tp1

import (
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/config"
)

// names are a VM's name of the plan and the other ones that count as right, in which {x}
// and {y} stand for the numbers of its groups.
func names(planned string, accepted []string, x, y int) []string {
	all := []string{planned}
	for _, pattern := range accepted {
		// The configuration was checked when it was read: what does not expand accepts nothing.
		if name, err := config.Expand(pattern, map[string]int{"x": x, "y": y}); err == nil {
			all = append(all, name)
		}
	}
	return all
}

func (g *Group) templateNames() []string {
	return names(g.Template.Name, g.Node.Config.Accept.TemplateNames, g.Number, 0)
}

func (g *Group) firstNames() []string {
	return names(g.First.Name, g.Node.Config.Accept.FirstNames, g.Number, 0)
}

func (g *Group) secondNames() []string {
	return names(g.Second.Name, g.Node.Config.Accept.SecondNames, g.Number, 0)
}

// diskFormats are what the first VM's disk may be: the student who acts makes qcow2.
func (g *Group) diskFormats(look machineLook) []string {
	formats := []string{"qcow2"}
	if look.Boot == nil {
		formats = append(formats, g.Node.Config.Accept.DiskFormats...)
	}
	return formats
}

// roles are those that count as the VM administrator's.
func (g *Group) roles() []string {
	return append([]string{student.VMAdmin}, g.Node.Config.Accept.Roles...)
}

func (p *Pair) gatewayNames() []string {
	return names(p.Gateway.Name, p.Node.Config.Accept.GatewayNames, p.X.Number, p.Y.Number)
}
