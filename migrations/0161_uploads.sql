-- What 0160_uploads.sql has added to a table that is in use is checked beside its writers.
alter table uploads validate constraint uploads_waveform_length;
