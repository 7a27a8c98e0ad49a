package proxmox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
)

// Upload sends a file to a storage and awaits the task that puts it in its place.
// content is iso, vztmpl or import. open is asked for the file again when the ticket
// turns out to be refused. go-proxmox's Upload takes no context, and answers an ended
// ticket with no error and no task.
func (s *Session) Upload(ctx context.Context, storage, content, filename string, size int64, open func() (io.ReadCloser, error)) (Task, error) {
	path := s.NodePath("storage/" + url.PathEscape(storage) + "/upload")
	for first := true; ; first = false {
		g, err := s.id.current(ctx)
		if err != nil {
			return Task{}, err
		}
		upid, err := s.upload(ctx, g, path, content, filename, size, open)
		if errors.Is(err, ErrUnauthorized) && first && s.id.token == "" {
			if _, err := s.id.renew(ctx, g, false); err != nil {
				return Task{}, err
			}
			continue
		}
		if err != nil {
			return Task{}, err
		}
		if upid == "" {
			return Task{}, fmt.Errorf("POST %s: the node's answer names no task", path)
		}
		return s.Await(ctx, upid)
	}
}

func (s *Session) upload(ctx context.Context, g *grant, path, content, filename string, size int64, open func() (io.ReadCloser, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeouts.Upload)
	defer cancel()
	file, err := open()
	if err != nil {
		return "", fmt.Errorf("uploading %s: %w", filename, err)
	}
	defer func() { _ = file.Close() }()
	head, tail, kind, err := multipartFrame(content, filename)
	if err != nil {
		return "", err
	}
	c := &call{user: s.User(), params: Params{"content": content, "filename": filename}}
	body := io.MultiReader(bytes.NewReader(head), io.LimitReader(file, size), bytes.NewReader(tail))
	req, err := http.NewRequestWithContext(withCall(ctx, c), http.MethodPost, s.base+path, body)
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	// pveproxy takes no chunked uploads: the length must be known.
	req.ContentLength = int64(len(head)) + size + int64(len(tail))
	req.Header.Set("Content-Type", kind)
	g.authorize(req.Header, s.id)
	resp, err := s.http.Do(req)
	if err != nil {
		return "", s.failure(ctx, http.MethodPost, path, err)
	}
	_ = resp.Body.Close()
	e, err := unwrap(c.answer)
	if err != nil {
		return "", fmt.Errorf("POST %s: %w", path, err)
	}
	return upidOf("POST "+path, e.Data)
}

// multipartFrame is the form around a file: what stands before it and after it.
func multipartFrame(content, filename string) (head, tail []byte, kind string, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("content", content); err != nil {
		return nil, nil, "", err
	}
	if _, err := w.CreateFormFile("filename", filename); err != nil {
		return nil, nil, "", err
	}
	n := b.Len()
	if err := w.Close(); err != nil {
		return nil, nil, "", err
	}
	return b.Bytes()[:n:n], b.Bytes()[n:], w.FormDataContentType(), nil
}

// authorize sets what proves the identity, for requests that go-proxmox does not make.
func (g *grant) authorize(header http.Header, id *identity) {
	header.Set("User-Agent", userAgent)
	if id.token != "" {
		header.Set("Authorization", "PVEAPIToken="+id.token.Reveal())
		return
	}
	header.Set("Cookie", "PVEAuthCookie="+g.ticket)
	header.Set("CSRFPreventionToken", g.csrf)
}
