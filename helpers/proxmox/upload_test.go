package proxmox

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"strings"
	"testing"
)

const uploadPath = "POST /nodes/proxmox1/storage/local/upload"

func opener(text string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
}

func TestUpload(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := n.task("POST /unused", "imgcopy", "", "OK")
	n.on(uploadPath, func(w http.ResponseWriter, r *http.Request) {
		_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		form, err := multipart.NewReader(r.Body, params["boundary"]).ReadForm(1 << 20)
		if err != nil || form.Value["content"][0] != "import" || form.File["filename"][0].Filename != "debian-12.qcow2" || form.File["filename"][0].Size != 7 || r.ContentLength <= 7 {
			statusLine(w, 400, "bad form", "")
			return
		}
		data(w, `"`+upid+`"`)
	})
	task, err := s.Upload(t.Context(), "local", "import", "debian-12.qcow2", 7, opener("a disk!"))
	if err != nil || task.UPID != upid {
		t.Errorf("got %+v, %v", task, err)
	}
}

// go-proxmox's Upload answers an ended ticket with no error and no task.
func TestUploadWithAnEndedTicketLogsInAgain(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	upid := n.task("POST /unused", "imgcopy", "", "OK")
	n.answers(uploadPath, `"`+upid+`"`)
	n.end(s.id.grant.ticket)
	if _, err := s.Upload(t.Context(), "local", "iso", "x.iso", 4, opener("data")); err != nil {
		t.Fatal(err)
	}
	list := n.requests(uploadPath)
	if len(list) != 2 || !strings.Contains(list[1].Raw, "data") {
		t.Errorf("%d uploads", len(list))
	}
}

func TestUploadsFailLoudly(t *testing.T) {
	n := newFakeNode(t)
	s := n.login()
	n.refuses(uploadPath, 403, "Permission check failed (/storage/local, Datastore.AllocateTemplate)", "")
	if _, err := s.Upload(t.Context(), "local", "iso", "x.iso", 4, opener("data")); !errors.Is(err, ErrForbidden) {
		t.Errorf("got %v", err)
	}
	n.answers(uploadPath, `null`)
	if _, err := s.Upload(t.Context(), "local", "iso", "x.iso", 4, opener("data")); err == nil {
		t.Error("an upload without a task is no error")
	}
	if _, err := s.Upload(t.Context(), "local", "iso", "x.iso", 400, opener("short")); err == nil {
		t.Error("a file that is shorter than it should be is no error")
	}
	if _, err := s.Upload(t.Context(), "local", "iso", "x.iso", 4, func() (io.ReadCloser, error) { return nil, os.ErrNotExist }); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
