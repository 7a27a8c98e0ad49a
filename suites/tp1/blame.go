package tp1

import (
	"context"
	"errors"

	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
	"github.com/labproof/labproof/helpers/wait"
	"github.com/labproof/labproof/reports"
)

// blame tells a step that the node refused, which is an answer about the lab, from
// a node or a guest that gave no answer, which is nobody's mark.
func blame(err error) reports.Outcome {
	var refusal *proxmox.Error
	var task *proxmox.TaskError
	var surprise *student.Surprise
	var unreachable *guest.Unreachable
	var late *wait.TimeoutError
	switch {
	// What wraps a refusal may still be no answer: these come first.
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &unreachable), errors.As(err, &late):
		return reports.Error
	case errors.As(err, &task), errors.As(err, &surprise):
		return reports.Failed
	case errors.As(err, &refusal) && isAnswer(refusal.Status):
		return reports.Failed
	}
	return reports.Error
}

// isAnswer tells the statuses by which Proxmox refuses a request from those by which
// it says that it could not handle one (401 is our own login, 595 to 599 the proxy).
func isAnswer(status int) bool {
	return status == 400 || status == 403 || status == 500
}

// blameLook is for looks: whatever stops labproof from seeing is never somebody's fault.
func blameLook(err error) reports.Outcome {
	var hidden *notObservable
	if errors.Is(err, guest.ErrNotRunning) {
		return reports.Error // it can be started, whatever else leads nowhere
	}
	if errors.As(err, &hidden) || errors.Is(err, guest.ErrAgentNotConfigured) || errors.Is(err, proxmox.ErrReadOnly) {
		return reports.NotObservable
	}
	return reports.Error
}

// notObservable is a look's word for "this target gives no way to see it".
type notObservable struct{ Why reports.Text }

func (e *notObservable) Error() string { return e.Why.EN }

// withoutAgent is why nothing can be seen inside a VM.
var withoutAgent = reports.Text{
	FR: "L'agent invité n'est pas activé dans les options de cette VM : on ne peut pas regarder dedans.",
	EN: "The guest agent is not turned on in this VM's options: there is no way to look inside.",
}

func interrupted() reports.Reason {
	return reports.Reason{
		What: reports.Text{
			FR: "L'exécution a été interrompue avant que cette question ait une réponse.",
			EN: "The run was interrupted before this question had an answer.",
		},
		Next: reports.Text{FR: "Relancez labproof validate.", EN: "Run labproof validate again."},
	}
}

func standsOn(id string) reports.Reason {
	return reports.Reason{What: reports.Textf(
		"Non tentée : elle s'appuie sur %s, qui n'a pas abouti.",
		"Not attempted: it stands on %s, which did not come about.", id)}
}

func couldNotDo(q entry, err error) reports.Reason {
	r := reports.Reason{
		What: reports.Textf("L'étudiant n'a pas pu faire cette étape (%s).", "The student could not do this step (%s).", q.ID),
		Seen: reports.Same(err.Error()),
		Next: nextAfter(err),
	}
	var refusal *proxmox.Error
	if errors.As(err, &refusal) {
		r.Command = refusal.Method + " " + refusal.Path
	}
	return r
}

func couldNotLook(q entry, err error) reports.Reason {
	var hidden *notObservable
	switch {
	case errors.As(err, &hidden):
		return reports.Reason{What: hidden.Why}
	case errors.Is(err, proxmox.ErrReadOnly):
		return reports.Reason{What: quietLook, Seen: reports.Same(err.Error())}
	case errors.Is(err, guest.ErrAgentNotConfigured) && !errors.Is(err, guest.ErrNotRunning):
		return reports.Reason{What: withoutAgent, Seen: reports.Same(err.Error())}
	}
	return reports.Reason{
		What: reports.Textf("labproof n'a pas pu observer %s.", "labproof could not look at %s.", q.ID),
		Seen: reports.Same(err.Error()),
		Next: nextAfter(err),
	}
}

// nextAfter says what to look at after an error of this kind.
func nextAfter(err error) reports.Text {
	var unreachable *guest.Unreachable
	var late *wait.TimeoutError
	var refusal *proxmox.Error
	switch {
	case errors.As(err, &late):
		return reports.Text{FR: late.HintFR, EN: late.Hint}
	case errors.Is(err, guest.ErrHalted):
		return reports.Text{
			FR: "io-error : le stockage de ses disques est plein ou en panne ; guest-panicked : regardez sa console ; internal-error : l'hôte n'arrive pas à exécuter la VM (virtualisation imbriquée ?).",
			EN: "io-error: the storage of its disks is full or fails; guest-panicked: look at its console; internal-error: the host cannot run the VM (nested virtualisation?).",
		}
	case errors.As(err, &unreachable):
		return reports.Text{
			FR: "Regardez la console de la VM : a-t-elle démarré, l'agent y tourne-t-il ?",
			EN: "Look at the VM's console: has it booted, does the agent run in it?",
		}
	case errors.As(err, &refusal) && refusal.Status == 403:
		return reports.Text{
			FR: "Comparez les droits du compte (Permissions) au privilège que le nœud nomme.",
			EN: "Compare the account's rights (Permissions) with the privilege that the node names.",
		}
	}
	return reports.Text{
		FR: "Les réponses du nœud sont dans le dossier de cette question.",
		EN: "The node's answers are in this question's folder.",
	}
}
