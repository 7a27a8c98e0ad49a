package cli

import (
	"context"
	"errors"
	"net"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/lab"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// Problem is why a command cannot do what was asked: one line with what to do.
type Problem struct {
	Code int // the exit code
	What reports.Text
	Next reports.Text
	Err  error
}

// Error is the English line.
func (p *Problem) Error() string { return p.In(reports.English) }

// Unwrap returns the cause.
func (p *Problem) Unwrap() error { return p.Err }

// In is the line in a language.
func (p *Problem) In(lang string) string {
	line := p.What.In(lang)
	if next := p.Next.In(lang); next != "" {
		line += "; " + next
	}
	return line
}

// errInterrupted is the cause of a context that Ctrl-C ended.
var errInterrupted = &Problem{
	Code: ExitBroken,
	What: reports.Text{FR: "interrompu", EN: "interrupted"},
}

// codeOf is the exit code that an error asks for.
func codeOf(err error) int {
	var problem *Problem
	var configuration *config.Error
	var impossible *lab.Error
	switch {
	case errors.As(err, &problem):
		return problem.Code
	case errors.As(err, &configuration), errors.As(err, &impossible),
		node.KindOf(err) == node.BadOption, image.KindOf(err) == image.BadRelease, image.KindOf(err) == image.BadMirror:
		return ExitUsage
	default:
		return ExitBroken
	}
}

// messageOf is what to print of an error: the reader's language where the error speaks
// it, and no more than one line per problem.
func messageOf(err error, lang string) string {
	var problem *Problem
	if errors.As(err, &problem) {
		return problem.In(lang)
	}
	return textOf(err).In(lang)
}

// bilingual are errors that speak French as well: those of the node and of the image.
type bilingual interface {
	error
	French() string
}

func textOf(err error) reports.Text {
	var both bilingual
	if errors.As(err, &both) {
		return reports.Text{FR: both.French(), EN: both.Error()}
	}
	return reports.Same(err.Error())
}

// reasonOf is an error as a report shows it.
func reasonOf(err error) reports.Reason {
	var problem *Problem
	if errors.As(err, &problem) {
		return reports.Reason{What: problem.What, Next: problem.Next}
	}
	return reports.Reason{What: textOf(err)}
}

// unreachable says what to try where the target could not be reached at all.
func unreachable(err error) error {
	var connection *net.OpError
	if !errors.As(err, &connection) {
		return err
	}
	return &Problem{
		Code: ExitBroken, Err: err, What: reports.Same(err.Error()),
		Next: reports.Text{
			FR: "vérifiez que le nœud est allumé et que l'adresse de la cible est la bonne",
			EN: "check that the node is up and that the target's address is right",
		},
	}
}

// interrupted turns an error into the interruption that caused it, if one did.
func interrupted(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		if cause := context.Cause(ctx); errors.Is(cause, errInterrupted) {
			return errInterrupted
		}
	}
	return err
}
