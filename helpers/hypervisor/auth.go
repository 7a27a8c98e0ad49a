package hypervisor

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/labproof/labproof/helpers/config"
)

// authMethods are the key and the password of a target, as far as they are given.
func authMethods(access config.SSH) ([]ssh.AuthMethod, error) {
	var methods []ssh.AuthMethod
	if access.Key != "" {
		signer, err := parseKey(access.Key)
		if err != nil {
			return nil, err
		}
		methods = append(methods, ssh.PublicKeys(signer))
	}
	if access.Password != "" {
		password := access.Password.Reveal()
		methods = append(methods, ssh.Password(password), ssh.KeyboardInteractive(answerWith(password)))
	}
	if len(methods) == 0 {
		return nil, errors.New("neither a key nor a password is given")
	}
	return methods, nil
}

// parseKey reads a private key from a file, or the key itself.
func parseKey(key config.Secret) (ssh.Signer, error) {
	pem := []byte(key.Reveal())
	if !strings.Contains(key.Reveal(), "-----BEGIN") {
		var err error
		if pem, err = os.ReadFile(key.Reveal()); err != nil {
			return nil, fmt.Errorf("reading the private key: %w", err)
		}
	}
	signer, err := ssh.ParsePrivateKey(pem)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, errors.New("the private key is protected by a passphrase; give a key without one")
	}
	if err != nil {
		return nil, fmt.Errorf("the private key: %w", err)
	}
	return signer, nil
}

// answerWith answers every question of a keyboard-interactive login that hides its
// answer with the password.
func answerWith(password string) ssh.KeyboardInteractiveChallenge {
	return func(_, _ string, questions []string, echos []bool) ([]string, error) {
		answers := make([]string, len(questions))
		for i := range questions {
			if i < len(echos) && !echos[i] {
				answers[i] = password
			}
		}
		return answers, nil
	}
}
